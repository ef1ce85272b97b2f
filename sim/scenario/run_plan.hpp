#pragma once

#include "faults/fault.hpp"
#include "random/prng.hpp"
#include "workloads/workload.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

/// Who takes part in a run: names of faults and workloads.
struct run_plan {
  std::vector<std::string> faults;
  std::vector<std::string> workloads;
};

/// `calm` breaks nothing, `load` and `spike` only press; `crashes`, `freezes`, `network`, `disk`
/// and `clocks` break their own kind of things; in `swarm` everything joins or not, as the seed
/// says.
[[nodiscard]] std::vector<std::string> scenario_names();
/// Whether several servers share a storage in it.
[[nodiscard]] bool is_clustered(const std::string& scenario);
[[nodiscard]] std::vector<std::string> fault_names();
[[nodiscard]] std::vector<std::string> workload_names();

/// Who takes part in a scenario. Requires: its name is one of `scenario_names`.
[[nodiscard]] run_plan draw_run_plan(const std::string& scenario, prng& random);

/// One who takes part, with a chance of its own: whoever else joins does not change what it draws.
template <class T>
struct participant {
  std::unique_ptr<T> who;
  prng random;
};

[[nodiscard]] std::vector<participant<fault>> faults_of(const run_plan& who, std::uint64_t seed);
[[nodiscard]] std::vector<participant<workload>> workloads_of(const run_plan& who,
                                                              std::uint64_t seed);

} // namespace belfry::sim
