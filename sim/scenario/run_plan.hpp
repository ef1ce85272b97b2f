#pragma once

#include "faults/fault.hpp"
#include "random/prng.hpp"
#include "workloads/workload.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

/// The faults and workloads that take part in a run, by name.
struct run_plan {
  std::vector<std::string> faults;
  std::vector<std::string> workloads;
};

/// `calm` injects no faults, `load` and `spike` add load; `crashes`, `freezes`, `network`, `disk`,
/// `clocks` and `restored` inject faults of one sort; for `swarm` the seed draws all faults and
/// workloads.
[[nodiscard]] std::vector<std::string> scenario_names();
/// Whether the scenario has several servers with a shared storage.
[[nodiscard]] bool is_clustered(const std::string& scenario);
[[nodiscard]] std::vector<std::string> fault_names();
[[nodiscard]] std::vector<std::string> workload_names();

/// Draws the plan of a run. Requires: `scenario` is one of `scenario_names`.
[[nodiscard]] run_plan draw_run_plan(const std::string& scenario, prng& random);

/// A fault or workload with a separate random stream: its draws do not depend on the other
/// participants.
template <class T>
struct participant {
  std::unique_ptr<T> instance;
  prng random;
};

[[nodiscard]] std::vector<participant<fault>> faults_of(const run_plan& plan, std::uint64_t seed);
[[nodiscard]] std::vector<participant<workload>> workloads_of(const run_plan& plan,
                                                              std::uint64_t seed);

} // namespace belfry::sim
