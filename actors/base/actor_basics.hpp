#pragma once

#include "belfry/failure.hpp"

#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>

#include <string>

namespace belfry {

/// Makes an actor ignore what would end it by CAF 0.17.6's defaults: an unexpected error reply, an
/// unknown message and the death of an actor that it monitored. Exit messages still end it, and so
/// does an exception, whose text becomes the exit reason.
void install_default_handlers(caf::event_based_actor* self);

/// What an actor quits with when the world is broken. Its supervisor restarts it, unless the
/// failure is `errc::corrupt` (reading damaged bytes again does not help) or `errc::wrong_state`
/// (what the actor works on has another owner).
[[nodiscard]] caf::error quit_reason(const failure& reason);

/// Whether an actor that ended with this error must not be restarted.
[[nodiscard]] bool is_permanent_failure(const caf::error& error);

/// Why an actor ended, for people. CAF's own errors become `errc::unavailable`.
[[nodiscard]] failure failure_of(const caf::error& error, const caf::actor_system& system);

} // namespace belfry
