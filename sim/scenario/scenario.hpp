#pragma once

#include "observation/history.hpp"
#include "scenario/run_plan.hpp"
#include "world/coverage_counts.hpp"
#include "world/sim_clock.hpp"

#include "belfry/time.hpp"
#include "os/workload_file.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::sim {

struct scenario_options {
  std::uint64_t seed = 1;
  std::string name = "swarm";           ///< one of `scenario_names`
  duration length{60'000};              ///< of the workloads; then all faults are healed
  std::optional<std::uint32_t> servers; ///< none: drawn from the seed by the scenario
  std::optional<std::uint32_t> workers; ///< none: drawn from the seed
  std::optional<std::uint32_t> slots;   ///< of each worker; none: drawn from the seed
  std::optional<run_plan> plan;         ///< none: drawn from the seed by the scenario
  double rate = 0; ///< calls per second of every workload; 0: each has its own rate
  /// Instead of the workloads: recorded tasks, compressed to `length`.
  std::shared_ptr<const std::vector<workload_row>> replayed;
  std::function<void(const std::string&)> printer; ///< called with every event, if set
  std::function<void()> on_workload_end;           ///< called when the workloads end, if set
  /// Makes additional checkers; may be empty.
  std::function<std::vector<std::unique_ptr<checker>>()> extra_checkers;
};

/// The result of a run.
struct run_report {
  std::vector<std::string> violations; ///< empty: all invariants held
  std::uint64_t fingerprint = 0;
  std::uint64_t steps = 0; ///< messages handled by actors
  world_time elapsed{};
  run_counts counts;
  coverage_counts coverage; ///< of this run
  run_plan plan;
  std::uint32_t servers = 0;
  std::uint32_t workers = 0;
  std::vector<std::string> latest; ///< events

  [[nodiscard]] bool ok() const { return violations.empty(); }
};

/// Starts a cluster, runs workloads and injects faults, heals all faults, waits until all tasks are
/// settled, and checks all invariants.
///
/// The options determine the run: with the plan that a seed has drawn given as `plan`, the run is
/// the same. Requires: all names are known; one run at a time in a process.
[[nodiscard]] run_report run_scenario(const scenario_options& options);

} // namespace belfry::sim
