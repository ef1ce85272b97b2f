#pragma once

#include "random/prng.hpp"

#include "belfry/time.hpp"
#include "os/workload_file.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// Something that users of a cluster do now and then. Joins a run or not, as its scenario draws.
class workload {
public:
  virtual ~workload() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// Between two acts, about.
  [[nodiscard]] virtual duration mean_interval() const = 0;
  virtual void generate(cluster& target, prng& random) = 0;
};

/// One task of every sort.
[[nodiscard]] std::unique_ptr<workload> steady();
/// Many tasks in one moment, or due in one.
[[nodiscard]] std::unique_ptr<workload> bursts();
/// Long tasks, and short ones behind them.
[[nodiscard]] std::unique_ptr<workload> long_and_short();
/// Tasks that fail, for a while or for ever, or take their workers down.
[[nodiscard]] std::unique_ptr<workload> failing();
/// Submits many and cancels them, some while they run, some twice.
[[nodiscard]] std::unique_ptr<workload> cancel_storms();
/// Submits the same task again and again under one key.
[[nodiscard]] std::unique_ptr<workload> duplicate_submissions();
/// Pauses a queue and resumes it.
[[nodiscard]] std::unique_ptr<workload> pauses();
/// Lets queues accept anywhere, or only where their tasks belong. For clusters.
[[nodiscard]] std::unique_ptr<workload> accept_anywhere();
/// Sends a fleet of schedules, again and again.
[[nodiscard]] std::unique_ptr<workload> schedules();
/// A task each for many queues that nobody has used before.
[[nodiscard]] std::unique_ptr<workload> tenants();
/// Once, so many tasks as the cluster's options say, due in one millisecond. Too long for a swarm.
[[nodiscard]] std::unique_ptr<workload> thundering_herd();
/// Usual load, then for a moment ten times what the workers can do, then usual load again.
[[nodiscard]] std::unique_ptr<workload> spike();

/// Not one of them: plans every task of `rows` at its time, all within `length`; the run times
/// shrink with it.
void replay(cluster& target, const std::vector<workload_row>& rows, duration length);

/// All of them, in an order that never changes.
[[nodiscard]] std::vector<std::unique_ptr<workload>> all_workloads();

} // namespace belfry::sim
