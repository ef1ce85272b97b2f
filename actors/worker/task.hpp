#pragma once

#include "belfry/actors/task_behavior.hpp"
#include "belfry/time.hpp"

#include "worker/run_completion.hpp"

#include <caf/actor.hpp>
#include <caf/actor_clock.hpp>

#include <map>
#include <memory>

namespace belfry {

class executor;

// Messages between a worker and its task actors. They never leave the process.

/// Worker -> task: run this. It must not begin after `start_deadline`, when it may be another's:
/// the process may have been stopped since the order was sent.
struct start_run {
  wire::Run run;
  std::shared_ptr<run_completion> end; ///< how it ends is told there, once
  caf::actor_clock::time_point start_deadline = caf::actor_clock::time_point::max();
  std::shared_ptr<void>
      executor_batch{}; ///< of the executor, while other orders are on their way; or null
};

/// Worker -> task: ask the handler to end.
struct stop_run {
  run_key key;
  stop_cause cause = stop_cause::none;
};

/// Worker -> task: wait no longer for the handler.
struct abandon_run {
  run_key key;
};

struct task_options {
  caf::actor worker; ///< the task ends when it does
  executor* run_executor = nullptr;
  const std::map<std::string, task_behavior>* actor_kinds = nullptr; ///< lives in the worker
  bool runs_on_io_thread = false;                                    ///< as its worker is
  duration grace{2'000}; ///< for an actor of the user's to end once its run is over
};

/// Starts a task actor: runs what it is ordered to, one run at a time, and sees to it that however
/// that ends is told as one outcome. A handler's thread tells it by itself.
///
/// An abandoned run ends at once as far as the worker can tell; its handler is left to itself, or
/// killed if it is an actor. Ends when the worker does, and cancels its run then.
[[nodiscard]] caf::actor spawn_task(caf::actor_system& system, task_options options);

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::start_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::stop_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::abandon_run)
