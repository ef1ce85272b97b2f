#pragma once

#include "belfry/clock.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

struct router_options {
  std::string name;    ///< of the node, for people
  std::string cluster; ///< clients and workers of another are refused; empty: none is
  std::uint16_t shards = 1;
  std::shared_ptr<const clock> time;
  bool is_clustered = false;                 ///< its shards move, as `cluster_updated` says
  std::size_t envelope_bytes_max = 64 << 20; ///< larger ones are dropped undecoded
};

/// The one address of a node: the router forwards the messages of clients and workers, undecoded,
/// to the shard or the dispatcher that they are for, which answer the sender directly.
///
/// While the receiver is not running, a client that waits for an answer gets `unavailable`;
/// messages that their sender repeats anyway are dropped.
///
/// In a cluster, messages for a shard of another node are answered `unavailable` too, and the
/// sender gets the cluster map. All clients and workers that were sent a Welcome get the map again
/// whenever it changes.
///
/// The router lives as long as its node, since others hold its address: it has no state that could
/// be damaged, no message from outside ends it, and if it ends the node does. Only its owner may
/// send it exit messages: the first actor that sends it `child_started`.
[[nodiscard]] caf::actor spawn_router(caf::actor_system& system, router_options options);

} // namespace belfry
