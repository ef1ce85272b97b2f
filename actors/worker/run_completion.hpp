#pragma once

#include "belfry/handler.hpp"

#include "worker/outcome_sender.hpp"

#include <caf/actor.hpp>
#include <caf/atom.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace belfry {

/// Why a run has to end early.
enum class stop_cause : std::uint8_t {
  none,
  timed_out,
  revoked,     ///< a user cancelled it
  interrupted, ///< the worker leaves or has lost its lease; the run's attempt is given back
};

/// How a run has ended.
struct ended_run {
  std::size_t slot = 0;
  wire::RunOutcome outcome;
};

/// The runs of a worker that have ended and that it has not looked at. May be used from any thread.
class ended_run_queue {
public:
  /// To the worker: there are some.
  using runs_ended_atom = caf::atom_constant<caf::atom("runsended")>;

  explicit ended_run_queue(caf::actor worker) : worker_(std::move(worker)) {}

  /// Tells the worker, unless it has been told and has not looked since.
  void add(ended_run&& one);

  /// All that were added since the last call, in their order.
  [[nodiscard]] std::vector<ended_run> take();

private:
  const caf::actor worker_;
  std::mutex mutex_;
  std::vector<ended_run> all_; // Guarded by `mutex_`.
};

/// The end of one run. Whoever comes first tells it, the thread of its handler or its task actor;
/// what comes later is dropped. May be used from any thread.
class run_completion {
public:
  run_completion(std::size_t slot, const run_key& key, std::shared_ptr<ended_run_queue> to)
      : slot_(slot), key_(key), queue_(std::move(to)) {}

  [[nodiscard]] const run_key& key() const { return key_; }
  [[nodiscard]] run_control& control() { return control_; }
  [[nodiscard]] bool is_completed() const { return is_completed_; }

  /// Asks the run to end, because of `cause`.
  void request_stop(stop_cause cause);

  /// It has ended with `how`; `saw_stop_request`: and has known whether it was asked to.
  void complete(run_result&& how, bool saw_stop_request);
  /// It was asked to end, and has not. Returns whether that was news.
  bool complete_abandoned();
  /// It has not begun.
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
