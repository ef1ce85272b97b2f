#pragma once

#include "random/prng.hpp"

#include "belfry/time.hpp"
#include "os/workload_file.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// Requests that users of a cluster send now and then. The scenario draws whether a workload takes
/// part in a run.
class workload {
public:
  virtual ~workload() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// The mean time between two calls of `generate`.
  [[nodiscard]] virtual duration mean_interval() const = 0;
  virtual void generate(cluster& target, prng& random) = 0;
};

/// One task at a time, of every sort.
[[nodiscard]] std::unique_ptr<workload> steady();
/// Many tasks at once, or due at once.
[[nodiscard]] std::unique_ptr<workload> bursts();
/// Long tasks with short ones behind them.
[[nodiscard]] std::unique_ptr<workload> long_and_short();
/// Tasks that fail, temporarily or permanently, or crash their workers.
[[nodiscard]] std::unique_ptr<workload> failing();
/// Submits many tasks and cancels them, some while they run, some twice.
[[nodiscard]] std::unique_ptr<workload> cancel_storms();
/// Submits the same task repeatedly under one idempotency key.
[[nodiscard]] std::unique_ptr<workload> duplicate_submissions();
/// Pauses a queue and resumes it.
[[nodiscard]] std::unique_ptr<workload> pauses();
/// Lets queues accept tasks in any shard, or only in their own. For clusters.
[[nodiscard]] std::unique_ptr<workload> accept_anywhere();
/// Puts many schedules, repeatedly.
[[nodiscard]] std::unique_ptr<workload> schedules();
/// One task each for many unused queues.
[[nodiscard]] std::unique_ptr<workload> tenants();
/// Once, as many tasks as the cluster's options say, due in one millisecond. Too long for a swarm.
[[nodiscard]] std::unique_ptr<workload> thundering_herd();
/// Usual load, then for a moment ten times the capacity of the workers, then usual load again.
[[nodiscard]] std::unique_ptr<workload> spike();
/// Changes, moves, runs now and deletes tasks that wait.
[[nodiscard]] std::unique_ptr<workload> changes();
/// Pauses, resumes and triggers schedules.
[[nodiscard]] std::unique_ptr<workload> schedule_changes();

/// Instead of a workload: submits every task of `rows` at its recorded time, scaled to `length`.
/// The run times are scaled down accordingly.
void replay(cluster& target, const std::vector<workload_row>& rows, duration length);

/// All workloads, in a fixed order.
[[nodiscard]] std::vector<std::unique_ptr<workload>> all_workloads();

} // namespace belfry::sim
