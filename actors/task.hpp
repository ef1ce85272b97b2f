#pragma once

#include "belfry/actors/task_behavior.hpp"
#include "belfry/time.hpp"

#include "report_box.hpp"

#include <caf/actor.hpp>
#include <caf/actor_clock.hpp>

#include <cstdint>
#include <map>
#include <memory>

namespace belfry {

class executor;
class run_control;

// Messages between a worker and its task actors. They never leave the process.

/// Worker -> task: run this. Answer, once: run_ended. It must not begin after `begin_by`, when it
/// may be another's: the process may have been stopped since the order was sent.
struct run_order {
  wire::Run run;
  std::shared_ptr<run_control> control;
  caf::actor_clock::time_point begin_by = caf::actor_clock::time_point::max();
};

/// Why a run has to end early.
enum class stop_cause : std::uint8_t {
  none,
  timed_out,
  revoked,     ///< a user cancelled it
  interrupted, ///< the worker leaves or has lost its lease; the run's attempt is given back
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

/// Task -> worker: the run's outcome.
struct run_ended {
  std::size_t slot = 0;
  wire::RunOutcome outcome;
};

struct task_options {
  std::size_t slot = 0; ///< told in every run_ended
  caf::actor worker;    ///< gets the outcomes; the task ends when it does
  executor* run_with = nullptr;
  const std::map<std::string, task_behavior>* actor_kinds = nullptr; ///< lives in the worker
  duration grace{2'000}; ///< for an actor of the user's to end once its run is over
};

/// Starts a task actor: runs what it is ordered to, one run at a time, and turns however that ends
/// into one outcome. What an earlier run says later is dropped by its token.
///
/// An abandoned run ends at once as far as the worker can tell; its handler is left to itself, or
/// killed if it is an actor. Ends when the worker does, and cancels its run then.
[[nodiscard]] caf::actor spawn_task(caf::actor_system& system, task_options options);

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::run_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::stop_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::abandon_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::run_ended)
