#pragma once

#include "random/prng.hpp"

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// What users do to a cluster.
class workload {
public:
  virtual ~workload() = default;

  /// Goes on until `span` has passed, and leaves nothing that would keep a task from being settled
  /// soon after. Requires: it outlives the cluster.
  virtual void begin(cluster& target, duration span) = 0;

  /// The tasks that were acknowledged so far.
  [[nodiscard]] virtual const std::set<task_id>& accepted() const = 0;
};

/// Tasks at once and delayed, over several queues and kinds, with priorities, repeated keys,
/// retries, snoozes, poison, cancels and pauses.
[[nodiscard]] std::unique_ptr<workload> steady(std::uint64_t seed);

/// The kinds of task that workloads submit.
[[nodiscard]] std::vector<std::string> workload_kinds();

} // namespace belfry::sim
