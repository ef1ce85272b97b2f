#include "text/utf8.hpp"

#include <algorithm>
#include <array>

namespace belfry {

namespace {

std::size_t bytes_after(unsigned char lead) {
  if (lead >= 0xF0)
    return 4;
  return lead >= 0xE0 ? 3 : 2;
}

} // namespace

std::optional<code_point> first_code_point(std::string_view text) {
  constexpr std::array<std::uint32_t, 5> value_min{0, 0, 0x80, 0x800, 0x1'0000};
  if (text.empty())
    return std::nullopt;
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80)
    return code_point{lead, 1};
  const auto bytes = bytes_after(lead);
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes)
    return std::nullopt;
  std::uint32_t value = lead & (0x7FU >> bytes);
  for (const char byte : text.substr(1, bytes - 1)) {
    if (!is_continuation_byte(byte))
      return std::nullopt;
    value = value << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < value_min.at(bytes) || value > 0x10'FFFF || is_surrogate)
    return std::nullopt;
  return code_point{value, bytes};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = first_code_point(text);
    if (!first)
      return false;
    text.remove_prefix(first->bytes);
  }
  return true;
}

std::string_view first_bytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  constexpr std::size_t continuation_max = 3;
  const auto end_min = bytes_max - std::min(bytes_max, continuation_max);
  auto end = bytes_max;
  while (end > end_min && is_continuation_byte(text[end]))
    --end;
  return text.substr(0, is_continuation_byte(text[end]) ? bytes_max : end);
}

void truncate_utf8(std::string& text, std::size_t bytes_max) {
  text.resize(first_bytes(text, bytes_max).size());
}

} // namespace belfry
