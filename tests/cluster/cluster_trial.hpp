#pragma once

#include "node_cluster.hpp"
#include "run_records.hpp"
#include "steady_load.hpp"

#include "random/prng.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace belfry::test {

/// A cluster under load, checked by the client's log and the workers' records. A step that takes
/// longer than a minute fails the test.
class cluster_trial {
public:
  /// The effect of a fault or a command.
  struct outage {
    duration unacknowledged; ///< the longest wait of a task for its acknowledgement
    duration unstarted;      ///< the longest interval without a start of a run
  };

  /// Prints and uses the seed of the environment variable BELFRY_SEED, or a fresh one. `flags` are
  /// added to the command lines of the nodes.
  explicit cluster_trial(std::string flags = "");

  /// Runs `action`, waits until all nodes own shards and every shard acknowledges again, and until
  /// all tasks acknowledged by then have run.
  template <class Action>
  outage measure(Action action) {
    const auto begin = wait_clock::now();
    action();
    return outage_since(begin);
  }

  /// Waits until every shard has acknowledged a task that was submitted after this call.
  void await_progress();

  /// The longest delay between due time and start of the tasks acknowledged so far.
  [[nodiscard]] duration longest_delay();

  /// Ends the load, waits until all tasks have run, and checks that none was refused, lost, started
  /// early or run by two workers at once. `others`: further acknowledged tasks and their due times.
  void verify(const std::map<task_id, instant>& others = {});

private:
  [[nodiscard]] static std::uint64_t seed_of_trial();
  [[nodiscard]] outage outage_since(wait_clock::time_point begin);
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

} // namespace belfry::test
