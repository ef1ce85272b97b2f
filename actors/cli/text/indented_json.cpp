#include "cli/text/indented_json.hpp"

#include "wire/json_reader.hpp"

#include <cstddef>
#include <utility>

namespace belfry::shell {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Where the string that begins at `begin` ends, behind its quotation mark.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  auto at = begin + 1;
  while (text[at] != '"')
    at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

/// Requires: `text` is a checked document.
class indenter {
public:
  explicit indenter(std::string_view text) : text_(text) {}

  std::string run() {
    for (std::size_t at = 0; at < text_.size();)
      at = copy(at);
    return std::move(lines_);
  }

private:
  /// Copies what is at `at`, and returns where the next part begins.
  std::size_t copy(std::size_t at) {
    const char byte = text_[at];
    if (byte == '"') {
      const auto end = end_of_string(text_, at);
      lines_ += text_.substr(at, end - at);
      return end;
    }
    if (blanks.find(byte) != std::string_view::npos)
      return at + 1;
    if (byte == '{' || byte == '[')
      return open(at);
    if (byte == '}' || byte == ']')
      begin_line(--depth_);
    lines_ += byte;
    if (byte == ',')
      begin_line(depth_);
    if (byte == ':')
      lines_ += ' ';
    return at + 1;
  }

  std::size_t open(std::size_t at) {
    lines_ += text_[at];
    const auto next = text_.find_first_not_of(blanks, at + 1);
    if (text_[next] == '}' || text_[next] == ']') { // Nothing is in it.
      lines_ += text_[next];
      return next + 1;
    }
    begin_line(++depth_);
    return next;
  }

  void begin_line(std::size_t depth) { lines_ += '\n' + std::string(2 * depth, ' '); }

  const std::string_view text_;
  std::string lines_;
  std::size_t depth_ = 0;
};

} // namespace

std::optional<std::string> indented_json(std::string_view text) {
  const auto document = wire::read_json(text);
  if (!document)
    return std::nullopt;
  const auto source = document->source();
  if (source.front() != '{' && source.front() != '[')
    return std::nullopt;
  return indenter{source}.run();
}

} // namespace belfry::shell
