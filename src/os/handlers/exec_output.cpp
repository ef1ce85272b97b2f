#include "os/handlers/exec_output.hpp"

#include <algorithm>

namespace belfry {

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
  const auto end = tail();
  const auto cut = dropped_ + rest_.size() - end.size();
  if (cut == 0)
    return head_ + rest_;
  auto text = head_ + "\n... " + std::to_string(cut) + " bytes cut ...\n";
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
  if (all.size() - begin > bytes_max)
    begin = all.size() - bytes_max;
  return all.substr(begin);
}

} // namespace belfry
