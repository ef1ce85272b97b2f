#pragma once

#include <caf/actor_system_config.hpp>

#include <cstddef>

namespace belfry {

/// How many threads run actors: one per two processors; the other processors are for handlers, the
/// network and the journal. If it is one, the network's thread runs the shards.
std::size_t actor_threads();

/// Configures the actor systems of belfry: our message types, a fair scheduler, a network layer
/// that detects dead connections.
///
/// With `networked == false` no network module is loaded (tests, simulation).
class system_config : public caf::actor_system_config {
public:
  explicit system_config(bool networked = true);
};

} // namespace belfry
