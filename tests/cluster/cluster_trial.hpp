#pragma once

#include "load_trial.hpp"
#include "node_cluster.hpp"

#include "random/prng.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace belfry::test {

/// A cluster under load: see `load_trial`.
class cluster_trial {
public:
  /// `flags` are added to the command lines of the nodes.
  explicit cluster_trial(std::string flags = "");

  /// Runs `action`, waits until all nodes own shards and every shard acknowledges again, and until
  /// all tasks acknowledged by then have run.
  template <class Action>
  load_trial::outage measure(Action action) {
    const auto begin = wait_clock::now();
    action();
    nodes.settle(load_.load_client());
    return load_.outage_since(begin);
  }

  // As those of `load_trial`.
  void await_progress() { load_.await_progress(); }
  [[nodiscard]] duration longest_delay() { return load_.longest_delay(); }
  void verify(const std::map<task_id, instant>& others = {}) { load_.verify(others); }

  const std::uint64_t seed = seed_of_trial();
  prng random{seed};
  node_cluster nodes;

private:
  load_trial load_{nodes.connect(), nodes.run_records_path(), seed};
};

} // namespace belfry::test
