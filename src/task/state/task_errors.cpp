#include "task/task_record.hpp"

#include <utility>

namespace belfry {

namespace {

/// The beginning of `text`, cut between two characters.
std::string beginning_of(const std::string& text) {
  const auto continues = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80;
  };
  if (text.size() <= earlier_error_bytes_max)
    return text;
  auto end = earlier_error_bytes_max;
  while (end > 0 && continues(text[end]))
    --end;
  return text.substr(0, end);
}

} // namespace

void task_extra::add_error(std::string error) {
  if (!last_error.empty()) {
    if (!earlier_errors)
      earlier_errors = std::make_unique<std::vector<std::string>>();
    if (earlier_errors->size() == earlier_errors_max)
      earlier_errors->erase(earlier_errors->begin());
    earlier_errors->push_back(beginning_of(last_error));
  }
  last_error = std::move(error);
}

void task_extra::restore_errors(std::string latest, std::vector<std::string> earlier) {
  last_error = std::move(latest);
  if (!earlier.empty())
    earlier_errors = std::make_unique<std::vector<std::string>>(std::move(earlier));
}

} // namespace belfry
