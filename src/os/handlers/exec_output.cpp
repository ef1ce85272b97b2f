#include "os/handlers/exec_output.hpp"

#include "text/utf8.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// Of a UTF-8 character that begins with this byte.
std::size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
}

/// Without the character at its end that is cut, if one is.
std::string_view without_cut_end(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(text.size(), 3); ++length) {
    const char byte = text[text.size() - length];
    if (!is_continuation_byte(byte))
      return character_bytes(byte) > length ? text.substr(0, text.size() - length) : text;
  }
  return text;
}

/// Without the end of a character at its beginning.
std::string_view without_cut_begin(std::string_view text) {
  std::size_t length = 0;
  while (length < std::min<std::size_t>(text.size(), 3) && is_continuation_byte(text[length]))
    ++length;
  return text.substr(length);
}

} // namespace

exec_output::exec_output(std::size_t bytes_max)
    : head_max_(bytes_max / 3), tail_max_(bytes_max - bytes_max / 3) {}

void exec_output::add(std::string_view bytes) {
  const auto to_head = std::min(bytes.size(), head_max_ - head_.size());
  head_ += bytes.substr(0, to_head);
  rest_ += bytes.substr(to_head);
  if (rest_.size() <= 2 * tail_max_)
    return;
  const auto surplus = rest_.size() - tail_max_;
  rest_.erase(0, surplus);
  dropped_ += surplus;
}

std::string_view exec_output::tail() const {
  const std::string_view all = rest_;
  return all.size() <= tail_max_ ? all : all.substr(all.size() - tail_max_);
}

std::string exec_output::text() const {
  if (dropped_ == 0 && rest_.size() <= tail_max_)
    return head_ + rest_;
  const auto begin = without_cut_end(head_);
  const auto end = without_cut_begin(tail());
  const auto cut = head_.size() + dropped_ + rest_.size() - begin.size() - end.size();
  std::string text{begin};
  text += "\n... " + std::to_string(cut) + " bytes cut ...\n";
  return text.append(end);
}

std::string exec_output::last_lines(std::size_t lines_max, std::size_t bytes_max) const {
  auto all = dropped_ == 0 ? head_ + rest_ : std::string{tail()};
  while (!all.empty() && all.back() == '\n')
    all.pop_back();
  auto begin = all.size();
  for (std::size_t lines = 0; begin > 0; --begin) {
    if (all[begin - 1] == '\n' && ++lines == lines_max)
      break;
  }
  const bool is_too_long = all.size() - begin > bytes_max;
  if (is_too_long)
    begin = all.size() - bytes_max;
  const auto lines = std::string_view{all}.substr(begin);
  const bool is_cut = is_too_long || (begin == 0 && dropped_ > 0);
  return std::string{is_cut ? without_cut_begin(lines) : lines};
}

} // namespace belfry
