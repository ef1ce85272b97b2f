#pragma once

#include "belfry/handler.hpp"

#include "worker/report_box.hpp"

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
struct run_ended {
  std::size_t slot = 0;
  wire::RunOutcome outcome;
};

/// The runs of a worker that have ended and that it has not looked at. May be used from any thread.
class ended_runs {
public:
  /// To the worker: there are some.
  using some_atom = caf::atom_constant<caf::atom("someended")>;

  explicit ended_runs(caf::actor worker) : worker_(std::move(worker)) {}

  /// Tells the worker, unless it has been told and has not looked since.
  void add(run_ended&& one);

  /// All that were added since the last call, in their order.
  [[nodiscard]] std::vector<run_ended> take();

private:
  const caf::actor worker_;
  std::mutex mutex_;
  std::vector<run_ended> all_; // Guarded by `mutex_`.
};

/// The end of one run. Whoever comes first tells it, the thread of its handler or its task actor;
/// what comes later is dropped. May be used from any thread.
class run_end {
public:
  run_end(std::size_t slot, const run_key& key, std::shared_ptr<ended_runs> to)
      : slot_(slot), key_(key), to_(std::move(to)) {}

  [[nodiscard]] const run_key& key() const { return key_; }
  [[nodiscard]] run_control& control() { return control_; }
  [[nodiscard]] bool is_told() const { return is_told_; }

  /// Asks the run to end, because of `cause`.
  void ask(stop_cause cause);

  /// It has ended with `how`; `knew_of_it`: and has known whether it was asked to.
  void tell(run_result&& how, bool knew_of_it);
  /// It was asked to end, and has not. Returns whether that was news.
  bool tell_abandoned();
  /// It has not begun.
  void tell_unstarted();

private:
  bool tell_outcome(wire::RunOutcome&& outcome);

  const std::size_t slot_;
  const run_key key_;
  const std::shared_ptr<ended_runs> to_;
  run_control control_;
  std::atomic<stop_cause> cause_ = stop_cause::none;
  std::atomic<bool> is_told_ = false;
};

} // namespace belfry
