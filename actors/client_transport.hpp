#pragma once

#include "belfry/time.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <atomic>
#include <memory>

namespace belfry {

/// Starts an actor that answers `(connect_atom, host, port)` as the system's middleman does, but
/// gives up after `limit`, and at once when `*is_given_up` turns true: the middleman may wait for
/// minutes and would hold up the end of the system. It has a thread of its own, since it blocks.
///
/// It forgets each connection when it breaks, so every request dials anew.
[[nodiscard]] caf::actor spawn_transport(caf::actor_system& system, duration limit,
                                         std::shared_ptr<const std::atomic<bool>> is_given_up);

} // namespace belfry
