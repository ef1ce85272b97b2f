#pragma once

#include <caf/actor_system_config.hpp>

#include <cstddef>

namespace belfry {

/// How many threads run actors: one for two processors, the others are for handlers, the network
/// and the journal. If it is one, that of the network runs the shards.
std::size_t actor_threads();

/// How every actor system of belfry is set up: our message types, a fair scheduler, a network
/// layer that notices silence.
///
/// With `networked == false` no network module is loaded (tests, simulation).
class system_config : public caf::actor_system_config {
public:
  explicit system_config(bool networked = true);
};

} // namespace belfry
