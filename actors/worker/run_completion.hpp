#pragma once

#include "belfry/handler.hpp"

#include "worker/outcome_sender.hpp"

#include <caf/actor.hpp>
#include <caf/atom.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace belfry {

/// Why a run is asked to end early.
enum class stop_cause : std::uint8_t {
  none,
  timed_out,
  revoked,     ///< a user cancelled it
  interrupted, ///< the worker stops or has lost its lease; the run's attempt is given back
};

/// A run that has ended, and its slot.
struct ended_run {
  std::size_t slot = 0;
  wire::RunOutcome outcome;
};

/// The ended runs that a worker has not processed yet. May be used from any thread.
class ended_run_queue {
public:
  /// To the worker: the queue is no longer empty.
  using runs_ended_atom = caf::atom_constant<caf::atom("runsended")>;

  explicit ended_run_queue(caf::actor worker) : worker_(std::move(worker)) {}

  /// Appends, and notifies the worker if the queue was empty.
  void add(ended_run&& ended);

  /// Removes all ended runs, and puts them into `taken`, in order. What it held before is gone; its
  /// memory is kept for later ones.
  void take(std::vector<ended_run>& taken);

private:
  const caf::actor worker_;
  std::mutex mutex_;
  std::vector<ended_run> ended_; // Guarded by `mutex_`.
};

/// Completes one run exactly once. The handler's thread and the task actor may both do so: the
/// first outcome counts, later ones are dropped. May be used from any thread.
class run_completion {
public:
  run_completion(std::size_t slot, const run_key& key, std::shared_ptr<ended_run_queue> queue)
      : slot_(slot), key_(key), queue_(std::move(queue)) {}

  [[nodiscard]] const run_key& key() const { return key_; }
  [[nodiscard]] run_control& control() { return control_; }
  [[nodiscard]] bool is_completed() const { return is_completed_; }

  /// When the handler or the user's actor began, by the worker's clock; nothing: not yet.
  [[nodiscard]] std::optional<std::int64_t> began_ms() const;

  /// Asks the run to end early.
  void request_stop(stop_cause cause);

  /// The run has ended with `result`. `saw_stop_request`: whether it knew that it was asked to end.
  void complete(run_result&& result, bool saw_stop_request);
  /// The run was asked to end and did not. Returns whether this completed it.
  bool complete_abandoned();
  /// The run has not started.
  void complete_not_started();

private:
  bool complete_with(wire::RunOutcome&& outcome);

  const std::size_t slot_;
  const run_key key_;
  const std::shared_ptr<ended_run_queue> queue_;
  run_control control_;
  std::atomic<stop_cause> cause_ = stop_cause::none;
  std::atomic<bool> is_completed_ = false;
};

} // namespace belfry
