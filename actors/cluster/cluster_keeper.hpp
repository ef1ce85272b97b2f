#pragma once

#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "journal/membership.hpp"

#include <caf/actor.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace belfry {

/// How nodes of a cluster deal with each other. All of them must have the same.
struct cluster_limits {
  duration beat{500}; ///< between two signs of life, and between two looks at the others
  duration failure_timeout{3'000};      ///< without a sign of life, and a node is taken for dead
  std::size_t concurrent_moves_max = 1; ///< shards that stand still at a time because they move
  duration move_pause{200}; ///< from one to the next: their heir has recovered it by then
};

struct cluster_keeper_options {
  member self;
  /// Opens the membership; called once by every life of the actor. A failure ends it.
  std::function<result<std::shared_ptr<membership>>()> open;
  caf::actor transport; ///< answers `(connect_atom, host, port)`: the way to other nodes
  cluster_limits limits;
};

/// Keeps this node a member of its cluster: joins, gives signs of life, looks who else is there,
/// buries whoever is silent, and has those shards held here that are this node's by right.
///
/// A shard that is to move is ended first and then given away; the node that shall have it is told
/// to look at once. It could do without: it looks by itself before long. Losing touch with the
/// storage changes nothing but what can be written. A node that was buried ends its shards and
/// joins again.
///
/// An exit message with `user_shutdown` makes it leave: everything is given away, those who shall
/// have it are told, and it quits. Its children have ended by then (see node_assembly.cpp).
///
/// Ends with `errc::wrong_state` if it may not join: other settings, another's address.
///
/// The membership's calls block, so it wants a thread of its own.
caf::behavior cluster_keeper(caf::event_based_actor* self, cluster_keeper_options options);

} // namespace belfry
