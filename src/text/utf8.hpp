#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// A character of Unicode, and how many bytes it has in UTF-8.
struct code_point {
  std::uint32_t value = 0;
  std::size_t bytes = 1;

  friend bool operator==(const code_point&, const code_point&) = default;
};

/// Whether `byte` is one of a code point after its first byte.
[[nodiscard]] constexpr bool is_continuation_byte(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// The first code point of `text`. Nothing if `text` is empty or does not begin with UTF-8: a
/// surrogate, a longer form than necessary and a number beyond U+10FFFF are no UTF-8.
[[nodiscard]] std::optional<code_point> first_code_point(std::string_view text);

/// Whether `text` is UTF-8 to its end. Complexity: linear.
[[nodiscard]] bool is_utf8(std::string_view text);

/// At most `bytes_max` bytes of `text`, and none of a code point that does not fit. Bytes that are
/// no UTF-8 are cut anywhere.
[[nodiscard]] std::string_view first_bytes(std::string_view text, std::size_t bytes_max);

/// Leaves `first_bytes` of `text`.
void truncate_utf8(std::string& text, std::size_t bytes_max);

} // namespace belfry
