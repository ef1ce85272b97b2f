#pragma once

#include "observation/observation.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry::sim {

/// Checks one invariant against all observations of a cluster.
class checker {
public:
  explicit checker(std::string invariant) : invariant_(std::move(invariant)) {}
  virtual ~checker() = default;

  virtual void observe(const observation& event, instant now) = 0;
  /// Whether it observes runs that go on in workers though their server has lost its disk since.
  [[nodiscard]] virtual bool observes_lost_runs() const { return false; }
  /// Called once after the last observation.
  virtual void finish() {}

  /// The violations in the order in which they were found.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

protected:
  void report(const std::string& description) {
    violations_.push_back(invariant_ + ": " + description);
  }

private:
  std::string invariant_;
  std::vector<std::string> violations_;
};

/// An acknowledged task is never lost, is settled in the end, and is settled only once.
[[nodiscard]] std::unique_ptr<checker> nothing_lost();

/// No run starts before its task is due or its backoff is over, the first not later than `start_by`
/// and none later than `complete_by`. No run is granted once the client knows that the task is
/// cancelled or that its queue is paused.
[[nodiscard]] std::unique_ptr<checker> nothing_early();

/// A task is not attempted more often than its policy allows.
[[nodiscard]] std::unique_ptr<checker> attempts_bounded();

/// A task that was submitted once runs as one task. Each run has a greater fencing token than the
/// run before, and a result belongs to the last run.
[[nodiscard]] std::unique_ptr<checker> tokens_grow();

/// An id names one task and a fencing token is given once, also after the server's disk was lost
/// and replaced by a backup or by an empty one.
[[nodiscard]] std::unique_ptr<checker> nothing_repeats();

/// No run of a task starts while another is in progress, unless a session may have expired
/// meanwhile.
[[nodiscard]] std::unique_ptr<checker> one_at_a_time();

/// The same key in the same queue gives the same task.
[[nodiscard]] std::unique_ptr<checker> keys_hold();

/// A schedule runs once at every instant of its cron expression and at no other, as far as its
/// policies demand.
[[nodiscard]] std::unique_ptr<checker> schedules_match();

/// Of the schedules that the client pauses or triggers: a paused one submits nothing until it is
/// resumed, and then fires again; a trigger submits one task. Requires: a schedule that is
/// triggered is never due by itself.
[[nodiscard]] std::unique_ptr<checker> schedules_obey();

/// Once a change of a task is acknowledged, every run that is granted has its payload, starts at
/// its instant or later, and the task is in its queue with its priority. A deleted task neither
/// starts nor is shown. A change that was refused is not made.
[[nodiscard]] std::unique_ptr<checker> changes_hold();

/// A task is dead only when its retry budget is used up, cancelled only upon a request, and expired
/// only when its deadline has passed.
[[nodiscard]] std::unique_ptr<checker> settled_for_a_reason();

/// A task is shown as running only if its handler has begun. With one server and as long as no
/// fault was injected and no worker crashed, it is shown as running at most one `heartbeat` later,
/// with the instant at which its handler began, and in the end with how long it ran; and what
/// queues and the status count as running did run at some moment in the last heartbeat.
[[nodiscard]] std::unique_ptr<checker> begins_told(bool has_one_server, duration heartbeat);

/// A handler receives the payload that was submitted.
[[nodiscard]] std::unique_ptr<checker> bytes_survive();

/// A run reads the progress that earlier runs of its task have saved, never an older one than a run
/// before it.
[[nodiscard]] std::unique_ptr<checker> progress_kept();

/// When all tasks are settled, the lists of tasks agree with the counts of the queues, and both are
/// the same after a restart.
[[nodiscard]] std::unique_ptr<checker> counts_agree();

/// The workload `spike` submits more than the `capacity` (tasks per second) of the workers. During
/// the spike high-priority tasks start soon and throughput holds; once the backlog is cleared,
/// every task starts soon. Not checked once a fault was injected. `run_start`: when the run
/// started.
[[nodiscard]] std::unique_ptr<checker> spike_recovers(instant run_start, double capacity);

/// A shard with a damaged journal grants no runs.
[[nodiscard]] std::unique_ptr<checker> damage_noticed();

/// Each task that an outbox has accepted becomes exactly one task in the end.
[[nodiscard]] std::unique_ptr<checker> deferred_delivered();

/// No audit of a shard finds an inconsistency, no actor throws, nothing is logged as an error and
/// the server does not end by itself, unless its disk was made to fail or an actor is killed
/// repeatedly. Once a fault may have cut off the storage, errors that report its outage are no
/// alarm.
[[nodiscard]] std::unique_ptr<checker> no_alarm();

} // namespace belfry::sim
