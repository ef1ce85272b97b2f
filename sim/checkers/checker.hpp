#pragma once

#include "observation/observation.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace belfry::sim {

/// Watches everything that is seen of a cluster and knows one promise.
class checker {
public:
  explicit checker(std::string invariant) : invariant_(std::move(invariant)) {}
  virtual ~checker() = default;

  virtual void observe(const observation& what, instant now) = 0;
  /// Nothing more will happen.
  virtual void finish() {}

  /// What was broken, in the order it was found.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

protected:
  void report(const std::string& what) { violations_.push_back(invariant_ + ": " + what); }

private:
  std::string invariant_;
  std::vector<std::string> violations_;
};

/// What was acknowledged is never lost, is settled in the end, and settled only once.
[[nodiscard]] std::unique_ptr<checker> nothing_lost();

/// No run starts before its task is due or its pause is over, nor later than `start_by`. None is
/// granted once the client knows that the task is cancelled, or that its queue is paused.
[[nodiscard]] std::unique_ptr<checker> nothing_early();

/// A task is not tried more often than its policy says.
[[nodiscard]] std::unique_ptr<checker> attempts_bounded();

/// What was sent once runs as one task. Each of its starts has a greater token than the one before,
/// and a result belongs to the last.
[[nodiscard]] std::unique_ptr<checker> tokens_grow();

/// No run of a task begins while another goes on, unless a worker may have been given up meanwhile.
[[nodiscard]] std::unique_ptr<checker> one_at_a_time();

/// The same key in the same queue gives the same task.
[[nodiscard]] std::unique_ptr<checker> keys_hold();

/// A schedule runs at every instant of its line once, and at no other, as far as its policies say.
[[nodiscard]] std::unique_ptr<checker> schedules_match();

/// A task is dead only when its policy gave it up, cancelled only when somebody asked for it, and
/// expired only when its last instant to start has passed.
[[nodiscard]] std::unique_ptr<checker> settled_for_a_reason();

/// A handler gets the bytes that were submitted.
[[nodiscard]] std::unique_ptr<checker> bytes_survive();

/// When all is settled, the tasks that can be listed are as many as the queues count, and are the
/// same after a restart.
[[nodiscard]] std::unique_ptr<checker> books_agree();

/// While and after the workload `spike` brings more than `capacity` tasks a second can be done,
/// high priorities do not wait for long, work goes on, and when it is worked off nobody waits for
/// long. As long as nothing is broken on purpose. `begin`: when the run began.
[[nodiscard]] std::unique_ptr<checker> spike_recovers(instant begin, double capacity);

/// Nothing is granted by a shard whose journal is damaged.
[[nodiscard]] std::unique_ptr<checker> damage_noticed();

/// What an outbox has accepted is some task in the end, and one alone.
[[nodiscard]] std::unique_ptr<checker> deferred_delivered();

/// No shard's books are wrong, no actor throws, nothing is logged as an error and the server does
/// not give itself up, unless its disk was made to fail or an actor is killed time and again.
[[nodiscard]] std::unique_ptr<checker> no_alarm();

} // namespace belfry::sim
