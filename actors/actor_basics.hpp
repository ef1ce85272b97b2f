#pragma once

#include <caf/event_based_actor.hpp>

namespace belfry {

/// Sets what CAF 0.17.6 would otherwise let kill an actor: a stray error reply, an unknown message
/// and the death of somebody it once monitored are ignored. Exit messages still end it.
void guard(caf::event_based_actor* self);

} // namespace belfry
