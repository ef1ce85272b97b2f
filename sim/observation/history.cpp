#include "observation/history.hpp"

#include <algorithm>

namespace belfry::sim {

void history::tell(const observation& what) {
  trace_.note(to_line(what));
  count(what);
  for (auto& one : checkers_)
    one->see(what, time_->now());
}

void history::count(const observation& what) {
  if (std::holds_alternative<task_offered>(what)) {
    ++counts_.offered;
  } else if (const auto* accepted = std::get_if<task_accepted>(&what)) {
    ++counts_.accepted;
    counts_.duplicates += accepted->is_duplicate ? 1 : 0;
  } else if (std::holds_alternative<task_deferred>(what)) {
    ++counts_.deferred;
  } else if (std::holds_alternative<task_refused>(what)) {
    ++counts_.refused;
  } else if (std::holds_alternative<run_begun>(what)) {
    ++counts_.begun;
  } else if (const auto* over = std::get_if<run_over>(&what)) {
    counts_.failed += over->how == run_over::ending::failed ? 1 : 0;
    counts_.crashed += over->how == run_over::ending::crashed ? 1 : 0;
  } else if (std::holds_alternative<fault_struck>(what)) {
    ++counts_.faults;
  }
}

bool history::is_broken() const {
  return std::any_of(checkers_.begin(), checkers_.end(),
                     [](const auto& one) { return !one->broken().empty(); });
}

std::vector<std::string> history::broken() const {
  std::vector<std::string> broken;
  for (const auto& one : checkers_)
    broken.insert(broken.end(), one->broken().begin(), one->broken().end());
  return broken;
}

std::vector<std::string> history::finish() {
  for (auto& one : checkers_)
    one->finish();
  return broken();
}

} // namespace belfry::sim
