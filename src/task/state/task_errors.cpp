#include "task/task_record.hpp"

#include "text/utf8.hpp"

#include <utility>

namespace belfry {

void task_extra::add_error(std::string error) {
  if (!last_error.empty()) {
    if (!earlier_errors)
      earlier_errors = std::make_unique<std::vector<std::string>>();
    if (earlier_errors->size() == earlier_errors_max)
      earlier_errors->erase(earlier_errors->begin());
    earlier_errors->emplace_back(first_bytes(last_error, earlier_error_bytes_max));
  }
  last_error = std::move(error);
}

void task_extra::restore_errors(std::string latest, std::vector<std::string> earlier) {
  last_error = std::move(latest);
  if (!earlier.empty())
    earlier_errors = std::make_unique<std::vector<std::string>>(std::move(earlier));
}

} // namespace belfry
