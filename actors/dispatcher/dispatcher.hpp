#pragma once

#include "belfry/options.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>

namespace belfry {

struct dispatcher_options {
  run_limits runs;
  std::uint16_t shards = 1; ///< of this node
};

/// Brings the ready tasks of a node's shards to the workers that are attached to the node.
///
/// All it knows is told to it again after a restart: lanes by the shards, which it asks; workers by
/// themselves, once a beat of theirs is answered with a Welcome. A shard serves, for the
/// dispatcher, from the message on that names all its lanes. Its messages are in
/// actors/base/local_messages.hpp and include/belfry/actors/protocol.hpp.
caf::behavior dispatcher(caf::event_based_actor* self, dispatcher_options options);

} // namespace belfry
