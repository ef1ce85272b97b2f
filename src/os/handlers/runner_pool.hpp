#pragma once

#include "os/handlers/executor.hpp"

namespace belfry {

/// Threads that run handlers: a fixed number, all started at once, so that a run costs no thread.
///
/// While runs are short no more threads are awake than there are processors. The price: a run that
/// comes behind others may start, and an end may be told, 0.2 ms late.
///
/// A handler that hangs for ever costs its thread: when its run is abandoned another thread takes
/// its place, up to a thousand such places. May be used from any thread.
class runner_pool : public executor {
public:
  /// Throws `std::system_error` if the system refuses the threads.
  runner_pool(handler_registry handlers, std::size_t threads);

  /// Cancels what runs and waits up to two seconds for it. A handler that has not returned then is
  /// left behind: its thread goes on, and so must what the handler refers to.
  ~runner_pool() override;

  runner_pool(const runner_pool&) = delete;
  runner_pool& operator=(const runner_pool&) = delete;

  void execute(run::facts known, std::shared_ptr<run_control> control, completion done) override;
  std::shared_ptr<void> hold_batch() override;
  std::size_t abandon(const std::shared_ptr<run_control>& control) override;

private:
  class state;
  std::shared_ptr<state> state_; // Shared with the threads, which may outlive the pool.
};

} // namespace belfry
