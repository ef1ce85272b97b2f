#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

/// The start of FNV-1a (Fowler, Noll and Vo) with 64 bits.
inline constexpr std::uint64_t fnv1a_basis = 0xCBF2'9CE4'8422'2325ULL;

/// One step of FNV-1a: adds `value`, a byte in the original, to the hash `sum`.
[[nodiscard]] constexpr std::uint64_t fnv1a_step(std::uint64_t sum, std::uint64_t value) {
  return (sum ^ value) * 0x0000'0100'0000'01B3ULL;
}

/// The 64-bit hash FNV-1a of `text`, continued from `sum`. It must never change: it decides which
/// shard keeps a key or a schedule, and which node owns a shard.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text,
                                            std::uint64_t sum = fnv1a_basis) {
  for (const char letter : text)
    sum = fnv1a_step(sum, static_cast<unsigned char>(letter));
  return sum;
}

} // namespace belfry
