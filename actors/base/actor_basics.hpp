#pragma once

#include "belfry/failure.hpp"

#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>

#include <string>

namespace belfry {

/// Sets what CAF 0.17.6 would otherwise let kill an actor: a stray error reply, an unknown message
/// and the death of somebody it once monitored are ignored. Exit messages still end it, and so does
/// a throw, with the thrower's words as the reason.
void install_default_handlers(caf::event_based_actor* self);

/// What an actor quits with when the world is broken. Its supervisor restarts it, unless the
/// failure is `errc::corrupt` (damaged bytes do not mend by reading them again) or
/// `errc::wrong_state` (what it works on is not its own any more).
[[nodiscard]] caf::error quit_reason(const failure& why);

/// Whether an actor that ended so must not be restarted.
[[nodiscard]] bool is_permanent_failure(const caf::error& why);

/// Why an actor ended, for people. What CAF itself made up is `errc::unavailable`.
[[nodiscard]] failure failure_of(const caf::error& why, const caf::actor_system& system);

} // namespace belfry
