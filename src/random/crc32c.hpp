#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

/// The CRC-32C (Castagnoli) of `bytes`, or of `bytes` after those that gave `before`.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The same without the processor's own instruction, for processors that lack it.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

} // namespace belfry
