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

/// Timing of a cluster. All its nodes must have the same.
struct cluster_limits {
  duration heartbeat_interval{500};     ///< also the interval at which the view is read
  duration failure_timeout{3'000};      ///< a node without a heartbeat for so long is evicted
  std::size_t concurrent_moves_max = 1; ///< shards without an owner at a time because they move
  duration move_pause{200}; ///< between two moves, for the new owner to recover the shard
};

struct cluster_keeper_options {
  member self;
  /// Opens the membership; called once by each incarnation of the actor. A failure ends it.
  std::function<result<std::shared_ptr<membership>>()> open;
  caf::actor transport; ///< answers `(connect_atom, host, port)`: connects to other nodes
  cluster_limits limits;
};

/// Keeps this node a member of its cluster: joins, sends heartbeats, reads the cluster view, evicts
/// failed members, and runs the shards that the placement assigns to this node.
///
/// A shard that moves is stopped first and then released; the new owner gets a hint to read the
/// view at once. Without the hint it would do so at its next heartbeat. While the storage is
/// unavailable the shards keep running. A node that was evicted stops its shards and joins again.
///
/// An exit message with `user_shutdown` makes the node leave: all shards are released, their new
/// owners get hints, and the actor quits. Its shards have ended by then (see node_assembly.cpp).
///
/// Ends with `errc::wrong_state` if the node may not join: its settings differ, or another member
/// has the same address.
///
/// The membership's calls block, so this actor wants a thread of its own.
caf::behavior cluster_keeper(caf::event_based_actor* self, cluster_keeper_options options);

} // namespace belfry
