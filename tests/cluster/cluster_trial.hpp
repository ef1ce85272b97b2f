#pragma once

#include "node_cluster.hpp"
#include "run_records.hpp"
#include "steady_load.hpp"

#include "random/prng.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace belfry::test {

/// A cluster under load, and those who judge it: the client's log and the workers' notes. A step
/// that takes longer than a minute ends the test.
class cluster_trial {
public:
  /// What a fault or an order has cost.
  struct cost {
    duration unacknowledged; ///< the longest that a task waited for its acknowledgement
    duration unstarted;      ///< the longest in which no run began
  };

  /// With the number in the environment variable BELFRY_SEED, or a fresh one; says which. With more
  /// flags for the nodes.
  explicit cluster_trial(std::string flags = "");

  /// Does `deed`, waits until all nodes have shards and every shard acknowledges again, and until
  /// all that is acknowledged by now has run.
  template <class Action>
  cost measure(Action action) {
    const auto begin = wait_clock::now();
    action();
    return cost_since(begin);
  }

  /// Waits until every shard has acknowledged something that it was asked after now.
  void await_progress();

  /// The longest that one of the tasks that are acknowledged by now has waited to begin.
  [[nodiscard]] duration longest_delay();

  /// Ends the load, waits until all tasks have run, and checks that none was refused, lost, started
  /// early or run by two at once. `others`: what was acknowledged beside the load, and when due.
  void verify(const std::map<task_id, instant>& others = {});

private:
  [[nodiscard]] static std::uint64_t seed_of_trial();
  [[nodiscard]] cost cost_since(wait_clock::time_point begin);
  void await_runs(const std::map<task_id, instant>& tasks);
  void await_successes(const std::map<task_id, instant>& tasks);

public:
  const std::uint64_t seed = seed_of_trial();
  prng random{seed};
  node_cluster nodes;

private:
  steady_load load_{nodes.connect(), seed};
  run_records records_{nodes.run_records_path()};
};

/// A number from the environment.
[[nodiscard]] std::uint64_t number_from(const char* variable, std::uint64_t otherwise);

} // namespace belfry::test
