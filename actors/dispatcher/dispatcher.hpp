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

/// Assigns the ready tasks of a node's shards to the workers that are attached to the node.
///
/// The dispatcher stores nothing. After a restart it asks the shards for their lanes, and answers
/// the first heartbeat of each worker with a Welcome, so that the worker attaches again. A shard
/// is serving, for the dispatcher, from the `lane_update` on that names all its lanes. The messages
/// are in actors/base/local_messages.hpp and include/belfry/actors/protocol.hpp.
caf::behavior dispatcher(caf::event_based_actor* self, dispatcher_options options);

} // namespace belfry
