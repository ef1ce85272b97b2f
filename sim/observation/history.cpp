#include "observation/history.hpp"

#include <algorithm>

namespace belfry::sim {

void history::record(const observation& event) {
  trace_.record(to_line(event));
  count(event);
  lost_runs_.note(event);
  const bool is_lost = lost_runs_.is_of_lost_run(event);
  for (auto& checker : checkers_)
    if (!is_lost || checker->observes_lost_runs())
      checker->observe(event, time_->now());
}

void history::count(const observation& event) {
  if (std::holds_alternative<task_offered>(event)) {
    ++counts_.offered;
  } else if (const auto* accepted = std::get_if<task_accepted>(&event)) {
    ++counts_.accepted;
    counts_.duplicates += accepted->is_duplicate ? 1 : 0;
  } else if (std::holds_alternative<task_deferred>(event)) {
    ++counts_.deferred;
  } else if (std::holds_alternative<task_refused>(event)) {
    ++counts_.refused;
  } else if (const auto* answered = std::get_if<change_answered>(&event)) {
    counts_.changed += answered->is_made ? 1 : 0;
  } else if (std::holds_alternative<run_started>(event)) {
    ++counts_.started;
  } else if (const auto* ended = std::get_if<run_ended>(&event)) {
    counts_.failed += ended->outcome == run_ended::ending::failed ? 1 : 0;
    counts_.crashed += ended->outcome == run_ended::ending::crashed ? 1 : 0;
  } else if (std::holds_alternative<fault_injected>(event)) {
    ++counts_.faults;
  }
}

bool history::has_violations() const {
  return std::any_of(checkers_.begin(), checkers_.end(),
                     [](const auto& checker) { return !checker->violations().empty(); });
}

std::vector<std::string> history::violations() const {
  std::vector<std::string> violations;
  for (const auto& checker : checkers_)
    violations.insert(violations.end(), checker->violations().begin(), checker->violations().end());
  return violations;
}

std::vector<std::string> history::finish() {
  for (auto& checker : checkers_)
    checker->finish();
  return violations();
}

} // namespace belfry::sim
