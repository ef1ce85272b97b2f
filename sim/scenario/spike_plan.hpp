#pragma once

#include "belfry/time.hpp"

#include <cstdint>

namespace belfry::sim {

/// What comes when while the workload `spike` takes part, from the beginning of the run on: usual
/// load, then ten times what the workers can do, then usual load again.
struct spike_plan {
  static constexpr duration begins{10'000};
  static constexpr duration ends{12'000};
  /// What is left of it is done, though usual load leaves little room for it.
  static constexpr duration is_worked_off{47'000};

  static constexpr duration run_span{100}; ///< of every task
  static constexpr duration start_by_timeout{3'000};
  static constexpr double usual_load = 0.7;
  static constexpr double spike_load = 10;
  /// Of what comes beyond the usual load, so much need not run later than after `start_by_timeout`.
  static constexpr std::uint64_t impatient_percent = 60;

  /// What so many slots can do, in tasks a second.
  static constexpr double capacity_of(std::uint32_t slots) {
    return slots * 1'000.0 / static_cast<double>(run_span.count());
  }
};

} // namespace belfry::sim
