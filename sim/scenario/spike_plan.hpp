#pragma once

#include "belfry/time.hpp"

#include <cstdint>

namespace belfry::sim {

/// The load of the workload `spike`, in time since the start of the run: usual load, then ten times
/// the capacity of the workers, then usual load again.
struct spike_plan {
  static constexpr duration spike_start{10'000};
  static constexpr duration spike_end{12'000};
  /// The backlog of the spike is cleared by then, though usual load leaves little capacity for it.
  static constexpr duration backlog_cleared{47'000};

  static constexpr duration run_span{100}; ///< of every task
  static constexpr duration start_by_timeout{3'000};
  static constexpr double usual_load = 0.7;
  static constexpr double spike_load = 10;
  /// The share of the excess load with a start-by deadline of `start_by_timeout`.
  static constexpr std::uint64_t impatient_percent = 60;

  /// The capacity of this many slots, in tasks per second.
  static constexpr double capacity_of(std::uint32_t slots) {
    return slots * 1'000.0 / static_cast<double>(run_span.count());
  }
};

} // namespace belfry::sim
