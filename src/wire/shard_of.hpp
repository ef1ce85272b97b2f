#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::wire {

/// The 64-bit hash FNV-1a of `text`, continued from `sum`. It must never change: it decides which
/// shard keeps a key or a schedule.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text,
                                            std::uint64_t sum = 0xCBF2'9CE4'8422'2325ULL) {
  for (const char letter : text)
    sum = (sum ^ static_cast<unsigned char>(letter)) * 0x0000'0100'0000'01B3ULL;
  return sum;
}

/// Which of `shard_count` shards keeps the idempotency key `key` of `queue`.
[[nodiscard]] constexpr std::uint32_t shard_of_key(std::string_view queue, std::string_view key,
                                                   std::uint32_t shard_count) {
  return static_cast<std::uint32_t>(fnv1a(key, fnv1a({"\0", 1}, fnv1a(queue))) % shard_count);
}

/// Which of `shard_count` shards keeps the schedule `name`.
[[nodiscard]] constexpr std::uint32_t shard_of_schedule(std::string_view name,
                                                        std::uint32_t shard_count) {
  return static_cast<std::uint32_t>(fnv1a(name) % shard_count);
}

} // namespace belfry::wire
