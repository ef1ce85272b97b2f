#pragma once

#include "history.hpp"
#include "sim_clock.hpp"

#include "belfry/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace belfry::sim {

struct scenario_options {
  std::uint64_t seed = 1;
  std::string name = "swarm";                      ///< one of `scenario_names`
  duration length{60'000};                         ///< of the workload; then everything heals
  std::optional<std::uint32_t> workers;            ///< nothing: the seed says
  std::function<void(const std::string&)> printer; ///< gets every event, if set
};

/// How a run went.
struct run_report {
  std::vector<std::string> broken; ///< promises; empty: all were kept
  std::uint64_t fingerprint = 0;
  std::uint64_t steps = 0; ///< messages handled by actors
  world_time elapsed{};
  run_counts counts;
  std::vector<std::string> faults; ///< that joined
  std::vector<std::string> latest; ///< events

  [[nodiscard]] bool ok() const { return broken.empty(); }
};

/// `calm` breaks nothing; `crashes`, `network` and `disk` break their own kind of things; in
/// `swarm` every fault joins or not as the seed says.
[[nodiscard]] std::vector<std::string> scenario_names();

/// Boots a cluster, lets users and faults at it, heals it, and checks that all promises were kept.
///
/// Requires: `name` is one of `scenario_names`; only one runs at a time in a process.
[[nodiscard]] run_report run_scenario(const scenario_options& options);

} // namespace belfry::sim
