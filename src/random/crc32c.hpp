#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace belfry {

/// The CRC-32C (Castagnoli) of `bytes`, or of `bytes` after those that gave `before`.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The same without the processor's own instruction, for processors that lack it.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

/// The CRC-32Cs of three parts of `bytes`: two of the same size, a third of the whole rounded down
/// to eight bytes, and the rest. A processor computes them side by side, in about the time of one.
[[nodiscard]] std::array<std::uint32_t, 3> crc32c_of_thirds(std::string_view bytes);

} // namespace belfry
