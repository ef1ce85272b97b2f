#pragma once

#include "scenario/scenario.hpp"

#include <functional>

namespace belfry::sim {

/// A smaller run that violates the same invariant as the original run.
struct shrunk_run {
  scenario_options options;
  run_report report;
  std::uint32_t tries = 0; ///< runs made to find it
};

/// Leaves out faults and workloads, then workers, then time, as long as the run still violates the
/// same invariant. Calls `on_try` after every run. Requires: `report` is the failed report of
/// `options`.
[[nodiscard]] shrunk_run shrink(const scenario_options& options, const run_report& report,
                                const std::function<void(const shrunk_run&)>& on_try);

} // namespace belfry::sim
