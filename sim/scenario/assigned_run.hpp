#pragma once

#include "observation/history.hpp"
#include "os/handlers/executor.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

namespace belfry::sim {

/// A run that an executor was given and that has not ended.
struct assigned_run {
  run::facts known;
  std::shared_ptr<run_control> control;
  executor::completion done;
  bool is_abandoned = false;
};

/// What `executor::abandon` asks, of a map of runs.
template <class Runs>
std::size_t abandon_run(Runs& runs, const std::shared_ptr<run_control>& control) {
  for (auto& [number, one] : runs)
    if (one.control == control)
      one.is_abandoned = true;
  return static_cast<std::size_t>(std::count_if(
      runs.begin(), runs.end(), [](const auto& entry) { return entry.second.is_abandoned; }));
}

/// The process that has a map of runs is gone.
template <class Runs>
void record_crashes(const Runs& runs, history& run_history) {
  using ending = run_ended::ending;
  for (const auto& [number, one] : runs)
    run_history.record(run_ended{one.known.task,
                                 one.known.token,
                                 one.is_abandoned ? ending::interrupted : ending::crashed,
                                 {},
                                 {}});
}

} // namespace belfry::sim
