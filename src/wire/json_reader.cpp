#include "wire/json_reader.hpp"

#include "text/utf8.hpp"
#include "wire/json_scanner.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace belfry::wire {

namespace {

constexpr std::size_t depth_any = std::numeric_limits<std::size_t>::max();

failure invalid(std::string problem) {
  return {errc::invalid_argument, std::move(problem)};
}

void append_utf8(std::string& to, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
  const auto add_rest = [&](std::uint32_t shift) { add(0x80U | (code >> shift & 0x3fU)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0U | code >> 6);
    add_rest(0);
  } else if (code < 0x10000) {
    add(0xe0U | code >> 12);
    add_rest(6);
    add_rest(0);
  } else {
    add(0xf0U | code >> 18);
    add_rest(12);
    add_rest(6);
    add_rest(0);
  }
}

/// Turns the escapes of a checked string back into characters.
class string_decoder {
public:
  /// `text`: without its quotes.
  explicit string_decoder(std::string_view text) : rest_(text) {}

  /// Nothing if half of a surrogate pair is alone.
  std::optional<std::string> decode() {
    std::string decoded;
    while (!rest_.empty()) {
      const auto plain = std::min(rest_.find('\\'), rest_.size());
      decoded += rest_.substr(0, plain);
      rest_.remove_prefix(plain);
      if (!rest_.empty() && !decode_escape(decoded))
        return std::nullopt;
    }
    return decoded;
  }

private:
  bool decode_escape(std::string& to) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (rest_[1] == 'u')
      return decode_code(to);
    to += meanings[letters.find(rest_[1])];
    rest_.remove_prefix(2);
    return true;
  }

  bool decode_code(std::string& to) {
    const auto code = take_code();
    const bool is_low_half = code >= 0xdc00 && code < 0xe000;
    const bool is_high_half = code >= 0xd800 && code < 0xdc00;
    if (is_low_half)
      return false;
    if (!is_high_half) {
      append_utf8(to, code);
      return true;
    }
    if (!rest_.starts_with("\\u"))
      return false;
    const auto low = take_code();
    if (low < 0xdc00 || low >= 0xe000)
      return false;
    append_utf8(to, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
    return true;
  }

  /// Of `\uXXXX`.
  std::uint32_t take_code() {
    std::uint32_t code = 0;
    std::from_chars(rest_.data() + 2, rest_.data() + 6, code, 16);
    rest_.remove_prefix(6);
    return code;
  }

  std::string_view rest_;
};

} // namespace

json_value::type json_value::kind() const {
  switch (text_.front()) {
  case '{':
    return type::object;
  case '[':
    return type::array;
  case '"':
    return type::string;
  case 'n':
    return type::null;
  case 't':
  case 'f':
    return type::boolean;
  default:
    return type::number;
  }
}

failure json_value::unexpected(std::string_view field, std::string_view expected) const {
  constexpr std::size_t shown_max = 60;
  std::size_t shown = 0;
  while (shown < text_.size() && shown < shown_max)
    shown += first_code_point(text_.substr(shown)).value_or(code_point{}).bytes;
  return invalid(std::string{field} + " is " + std::string{text_.substr(0, shown)} +
                 (shown < text_.size() ? "…" : "") + ", expected " + std::string{expected});
}

result<bool> json_value::boolean(std::string_view field) const {
  if (kind() != type::boolean)
    return unexpected(field, "true or false");
  return text_ == "true";
}

result<std::string> json_value::string(std::string_view field) const {
  if (kind() != type::string)
    return unexpected(field, "a string");
  auto decoded = string_decoder{text_.substr(1, text_.size() - 2)}.decode();
  if (!decoded)
    return unexpected(field, "characters: half of a surrogate pair such as \\ud83d is alone");
  return std::move(*decoded);
}

result<std::int64_t> json_value::integer(std::string_view field, std::int64_t min,
                                         std::int64_t max) const {
  std::int64_t number = 0;
  const auto* end = text_.data() + text_.size();
  const auto read = std::from_chars(text_.data(), end, number);
  if (kind() != type::number || read.ec != std::errc{} || read.ptr != end || number < min ||
      number > max)
    return unexpected(field,
                      "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

result<std::vector<json_value>> json_value::elements(std::string_view field) const {
  if (kind() != type::array)
    return unexpected(field, "an array");
  std::vector<json_value> values;
  json_scanner scanner{text_};
  scanner.take('[');
  scanner.skip_blanks();
  while (!scanner.take(']')) {
    const auto begin = scanner.position();
    (void)scanner.take_value(depth_any);
    values.emplace_back(scanner.since(begin));
    scanner.skip_blanks();
    scanner.take(',');
    scanner.skip_blanks();
  }
  return values;
}

result<std::vector<json_member>> json_value::members(std::string_view field) const {
  if (kind() != type::object)
    return unexpected(field, "an object");
  std::vector<json_member> read;
  std::map<std::string, std::size_t> places;
  json_scanner scanner{text_};
  scanner.take('{');
  scanner.skip_blanks();
  while (!scanner.take('}')) {
    auto begin = scanner.position();
    scanner.take_string();
    auto name =
        json_value{scanner.since(begin)}.string("the name of a member of " + std::string{field});
    if (!name)
      return name.error();
    if (const auto [first, is_new] = places.emplace(*name, places.size() + 1); !is_new)
      return invalid(std::string{field} + " has the field '" + *name + "' twice, as its fields " +
                     std::to_string(first->second) + " and " + std::to_string(places.size() + 1) +
                     ", expected it once");
    scanner.skip_blanks();
    scanner.take(':');
    scanner.skip_blanks();
    begin = scanner.position();
    (void)scanner.take_value(depth_any);
    read.push_back({std::move(*name), json_value{scanner.since(begin)}});
    scanner.skip_blanks();
    scanner.take(',');
    scanner.skip_blanks();
  }
  return read;
}

result<json_value> read_json(std::string_view text, const json_limits& limits) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  const auto refuse = [](const std::string& problem) {
    return invalid("not a JSON document: " + problem);
  };
  if (text.size() > limits.bytes_max)
    return failure{errc::too_large, "a JSON document of " + std::to_string(text.size()) +
                                        " bytes, the limit is " + std::to_string(limits.bytes_max)};
  json_scanner scanner{text};
  for (const char byte : byte_order_mark)
    if (text.starts_with(byte_order_mark))
      scanner.take(byte);
  scanner.skip_blanks();
  const auto begin = scanner.position();
  if (const auto taken = scanner.take_value(limits.depth_max); !taken)
    return refuse(taken.error().what);
  const json_value document{scanner.since(begin)};
  scanner.skip_blanks();
  if (!scanner.is_end())
    return refuse("at byte " + std::to_string(scanner.position() + 1) +
                  ": expected the end of the document");
  return document;
}

} // namespace belfry::wire
