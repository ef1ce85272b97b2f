#pragma once

#include "belfry/handler.hpp"
#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/behavior.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace belfry {

/// What an actor that is a task is told of its run.
struct task_input {
  task_id task{};
  fencing_token token{}; ///< for the systems it writes to, which refuse a smaller one
  std::uint32_t attempt = 1;
  std::string kind{};
  std::string payload{};
  std::string previous_progress{}; ///< what earlier attempts saved last; empty if nothing
  bool is_last_attempt = false;    ///< see `run::is_last_attempt`
  run_origin origin{};
  /// When the time limit is over, by the system's steady clock; nothing: there is none.
  std::optional<run_control::monotonic_time> deadline{};
};

/// The answer of a run that is not over yet: run it again after `delay`, at no attempt's cost.
struct snoozed {
  duration delay{0};
};

/// The answer of a run that breaks off because its worker stops: see `run_result::interrupted`.
struct interrupted {};

/// The message that begins the run; there is one per actor.
using run_atom = caf::atom_constant<caf::atom("run")>;

/// Reports progress, a text for people: `(progress_atom, std::string)` to the sender of the run,
/// which `current_sender()` names until a response promise is made.
using progress_atom = caf::atom_constant<caf::atom("progress")>;

/// Saves progress for the next attempt, as `run::save_progress` does: `(save_progress_atom,
/// std::string)` to the sender of the run. More than `saved_progress_bytes_max` bytes end the run
/// with the failure `progress_too_large`.
using save_progress_atom = caf::atom_constant<caf::atom("saveprogr")>;

/// Asks the sender of the run to be told when the worker stops: the actor then gets
/// `(stopping_atom)`, at the start of the worker's grace; at once if the worker stops already. An
/// actor that does not ask gets no such message.
using notify_stop_atom = caf::atom_constant<caf::atom("notifystop")>;
using stopping_atom = caf::atom_constant<caf::atom("stopping")>;

/// A kind of task defined as an actor of the user's own: the function of a fresh actor, spawned
/// for one run.
///
/// The actor receives the request `(run_atom, task_input)`. The run is over with the first of
///
/// - an answer: a `std::string` is the output; nothing (`void`) is success without output;
///   `snoozed` postpones; `interrupted` gives the run back; a `caf::error` is a failure named for
///   its category (a throw: `exception`), any other answer one named `unexpected_answer`;
/// - the actor's end: for the reason `normal` a success without output, for any other a failure.
///
/// It may answer later, through a response promise or by delegating. When the run has to end early
/// it gets an exit message `user_shutdown`, and is killed if it still runs after the grace. After
/// an answer it gets the same exit message: an actor never outlives its run for long.
using task_behavior = std::function<caf::behavior(caf::event_based_actor* self)>;

/// Such kinds by their names.
class task_behaviors : public std::map<std::string, task_behavior> {
public:
  using std::map<std::string, task_behavior>::map;
};

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::task_input)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::snoozed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::interrupted)
