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
  duration length{60'000};              ///< of the workload; then everything heals
  std::optional<std::uint32_t> servers; ///< nothing: the scenario and the seed say
  std::optional<std::uint32_t> workers; ///< nothing: the seed says
  std::optional<std::uint32_t> slots;   ///< of each worker; the same
  std::optional<run_plan> plan;         ///< nothing: the scenario and the seed say
  double rate = 0; ///< acts a second of every workload; 0: as each of them likes
  /// Instead of the workloads: tasks that somebody ran once, compressed to `length`.
  std::shared_ptr<const std::vector<workload_row>> replayed;
  std::function<void(const std::string&)> printer; ///< gets every event, if set
  std::function<void()> on_workload_end;           ///< called when the workload ends, if set
  /// Makes checkers beside those of all promises; may be empty.
  std::function<std::vector<std::unique_ptr<checker>>()> more_checkers;
};

/// How a run went.
struct run_report {
  std::vector<std::string> violations; ///< promises; empty: all were kept
  std::uint64_t fingerprint = 0;
  std::uint64_t steps = 0; ///< messages handled by actors
  world_time elapsed{};
  run_counts counts;
  coverage_counts coverage; ///< that the run reached
  run_plan plan;
  std::uint32_t servers = 0;
  std::uint32_t workers = 0;
  std::vector<std::string> latest; ///< events

  [[nodiscard]] bool ok() const { return violations.empty(); }
};

/// Boots a cluster, lets users and faults at it, heals it, and checks that all promises were kept.
///
/// All that a run does follows from the options: with the line-up that a seed has drawn given in
/// `joins`, the run is the same. Requires: all names are known; only one runs at a time in a
/// process.
[[nodiscard]] run_report run_scenario(const scenario_options& options);

} // namespace belfry::sim
