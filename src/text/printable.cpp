#include "text/printable.hpp"

#include "text/delimited.hpp"
#include "text/utf8.hpp"

#include <cstdint>

namespace belfry {

namespace {

bool is_control(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7F && value <= 0x9F) || value == 0x2028 || value == 0x2029 ||
         (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

void append_hex(std::string& to, std::uint32_t value, std::size_t digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  while (digits-- > 0)
    to += hex[(value >> (4 * digits)) & 0xFU];
}

void append_escape(std::string& to, std::uint32_t control) {
  to += '\\';
  switch (control) {
  case '\n':
    to += 'n';
    break;
  case '\r':
    to += 'r';
    break;
  case '\t':
    to += 't';
    break;
  default:
    to += 'u';
    append_hex(to, control, 4);
  }
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=\\") != std::string_view::npos;
}

/// With its tabs.
std::string printable_line(std::string_view line) {
  std::string shown;
  bool is_first = true;
  for (const auto part : split(line, '\t')) {
    if (!is_first)
      shown += '\t';
    is_first = false;
    shown += printable(part);
  }
  return shown;
}

} // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto first = first_code_point(text);
    if (!first) {
      shown += "\\x";
      append_hex(shown, static_cast<unsigned char>(text.front()), 2);
    } else if (is_control(first->value)) {
      append_escape(shown, first->value);
    } else {
      shown += text.substr(0, first->bytes);
    }
    text.remove_prefix(first ? first->bytes : 1);
  }
  return shown;
}

std::string printable_lines(std::string_view text, std::string_view indentation) {
  const auto last = text.find_last_not_of("\r\n");
  if (last == std::string_view::npos)
    return {};
  std::string lines;
  for (auto line : split(text.substr(0, last + 1), '\n')) {
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    lines += indentation;
    lines += printable_line(line);
    lines += '\n';
  }
  return lines;
}

std::string log_value(std::string_view text) {
  const auto logged = first_bytes(text, log_value_bytes_max);
  const bool is_cut = logged.size() < text.size();
  if (!is_cut && !needs_quotes(text) && printable(text) == text)
    return std::string(text);
  std::string value{'"'};
  for (auto rest = logged; !rest.empty();) {
    const auto plain = rest.substr(0, rest.find_first_of("\"\\"));
    value += printable(plain);
    rest.remove_prefix(plain.size());
    if (rest.empty())
      break;
    value += '\\';
    value += rest.front();
    rest.remove_prefix(1);
  }
  value += is_cut ? "…\"" : "\"";
  return value;
}

} // namespace belfry
