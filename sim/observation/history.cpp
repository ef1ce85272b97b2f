#include "observation/history.hpp"

#include <algorithm>

namespace belfry::sim {

void history::record(const observation& what) {
  trace_.note(to_line(what));
  count(what);
  for (auto& one : checkers_)
    one->observe(what, time_->now());
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
  } else if (std::holds_alternative<run_started>(what)) {
    ++counts_.started;
  } else if (const auto* over = std::get_if<run_ended>(&what)) {
    counts_.failed += over->how == run_ended::ending::failed ? 1 : 0;
    counts_.crashed += over->how == run_ended::ending::crashed ? 1 : 0;
  } else if (std::holds_alternative<fault_injected>(what)) {
    ++counts_.faults;
  }
}

bool history::has_violations() const {
  return std::any_of(checkers_.begin(), checkers_.end(),
                     [](const auto& one) { return !one->violations().empty(); });
}

std::vector<std::string> history::violations() const {
  std::vector<std::string> violations;
  for (const auto& one : checkers_)
    violations.insert(violations.end(), one->violations().begin(), one->violations().end());
  return violations;
}

std::vector<std::string> history::finish() {
  for (auto& one : checkers_)
    one->finish();
  return violations();
}

} // namespace belfry::sim
