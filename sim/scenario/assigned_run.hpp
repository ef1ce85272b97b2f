#pragma once

#include "observation/history.hpp"
#include "os/handlers/executor.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

namespace belfry::sim {

/// A run that was handed to an executor and has not ended.
struct assigned_run {
  run::facts description;
  std::shared_ptr<run_control> control;
  executor::completion done;
  bool is_abandoned = false;
};

/// Implements `executor::abandon` for a map of runs.
template <class Runs>
std::size_t abandon_run(Runs& runs, const std::shared_ptr<run_control>& control) {
  for (auto& [number, run] : runs)
    if (run.control == control)
      run.is_abandoned = true;
  return static_cast<std::size_t>(std::count_if(
      runs.begin(), runs.end(), [](const auto& entry) { return entry.second.is_abandoned; }));
}

/// Records the end of all `runs` of a process that has died.
template <class Runs>
void record_crashes(const Runs& runs, history& run_history) {
  using ending = run_ended::ending;
  for (const auto& [number, run] : runs)
    run_history.record(run_ended{run.description.task,
                                 run.description.token,
                                 run.is_abandoned ? ending::interrupted : ending::crashed,
                                 {},
                                 {}});
}

} // namespace belfry::sim
