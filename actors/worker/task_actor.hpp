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

/// Worker -> task: run this. A run must not start after `start_deadline`: the process may have been
/// stopped since the message was sent, and the run given to another worker.
struct start_run {
  wire::Run run;
  std::shared_ptr<run_completion> completion; ///< gets the outcome
  caf::actor_clock::time_point start_deadline = caf::actor_clock::time_point::max();
  std::shared_ptr<void> executor_batch{}; ///< see executor::hold_batch; may be null
};

/// Worker -> task: the worker stops; the run may go on until it is asked to end.
struct announce_stop {
  run_key key;
};

/// Worker -> task: ask the handler or the user's actor to end.
struct stop_run {
  run_key key;
  stop_cause cause = stop_cause::none;
};

/// Worker -> task: wait no longer for the run.
struct abandon_run {
  run_key key;
};

struct task_actor_options {
  caf::actor worker; ///< the task ends when it does
  executor* run_executor = nullptr;
  const std::map<std::string, task_behavior>* actor_kinds = nullptr; ///< owned by the worker
  bool runs_on_io_thread = false;                                    ///< as its worker is
  duration grace{2'000}; ///< for a user's actor to end after its run, before it is killed
};

/// Starts a task actor: it runs one run at a time and makes sure that each completes with exactly
/// one outcome. The thread of a handler completes the run directly.
///
/// An abandoned run completes at once; its handler is left running, but a user's actor is killed.
/// The task actor ends with its worker, and then cancels its run.
[[nodiscard]] caf::actor spawn_task_actor(caf::actor_system& system, task_actor_options options);

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::start_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::announce_stop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::stop_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::abandon_run)
