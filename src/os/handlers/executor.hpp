#pragma once

#include "belfry/handler.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace belfry {

/// Runs handlers where they may block: on the threads of `runner_pool` in production, otherwise in
/// the simulator and in tests.
class executor {
public:
  using completion = std::function<void(run_result)>;

  virtual ~executor() = default;

  /// Runs the handler of `facts.kind`, at once or later, and calls `on_completed` exactly once with
  /// its result, from any thread. Without such a handler the run fails with `unknown_kind`. The
  /// handler is called only if `control->begin` allows it; otherwise the run has not started. If
  /// this throws `std::bad_alloc`, it does not have the run.
  virtual void execute(run::facts facts, std::shared_ptr<run_control> control,
                       completion on_completed) = 0;

  /// While the returned object lives, runs may be delayed to be started together: waking a thread
  /// for each would cost more than a short run does. The object may outlive the executor.
  [[nodiscard]] virtual std::shared_ptr<void> hold_batch() { return nullptr; }

  /// Gives up the run of `control`, which has been cancelled but may never end: its thread is
  /// replaced. `on_completed` is still called if the run ends; at once, with `not_started`, if no
  /// thread was free to begin it. Returns how many abandoned runs have not ended yet.
  virtual std::size_t abandon(const std::shared_ptr<run_control>& control) = 0;
};

/// The result of a run whose handler `run_control::begin` does not allow to be called.
[[nodiscard]] inline run_result too_late_to_start() {
  return run_result::not_started({}, "it is too late to start");
}

} // namespace belfry
