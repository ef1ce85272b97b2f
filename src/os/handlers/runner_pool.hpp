#pragma once

#include "os/handlers/executor.hpp"

namespace belfry {

/// Runs handlers on a fixed number of threads, all started at once, so that no run has to create a
/// thread.
///
/// While runs are short no more threads are awake than there are processors. The price: a queued
/// run may start, and a completion may be delivered, 0.2 ms late.
///
/// A handler that hangs occupies its thread for ever: when its run is abandoned, a new thread
/// replaces it, for up to a thousand such threads. May be used from any thread.
class runner_pool : public executor {
public:
  /// Throws `std::system_error` if the system refuses the threads.
  runner_pool(handler_registry handlers, std::size_t threads);

  /// Cancels all runs and waits up to two seconds for them. The thread of a handler that has not
  /// returned by then continues, so whatever that handler refers to must stay alive.
  ~runner_pool() override;

  runner_pool(const runner_pool&) = delete;
  runner_pool& operator=(const runner_pool&) = delete;

  void execute(run::facts facts, std::shared_ptr<run_control> control,
               completion on_completed) override;
  std::shared_ptr<void> hold_batch() override;
  std::size_t abandon(const std::shared_ptr<run_control>& control) override;

private:
  class state;
  std::shared_ptr<state> state_; // Shared with the threads, which may outlive the pool.
};

} // namespace belfry
