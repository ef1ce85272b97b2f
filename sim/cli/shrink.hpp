#pragma once

#include "scenario/scenario.hpp"

#include <functional>

namespace belfry::sim {

/// A run that still breaks the promise that the first one broke, with less of everything.
struct shrunk_run {
  scenario_options options;
  run_report report;
  std::uint32_t tries = 0; ///< runs that it took
};

/// Leaves out faults and workloads, then workers, then time, as long as the run still breaks the
/// same promise. `tried` is called after every run. Requires: `report` is of `options`, and broken.
[[nodiscard]] shrunk_run shrink(const scenario_options& options, const run_report& report,
                                const std::function<void(const shrunk_run&)>& tried);

} // namespace belfry::sim
