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
  bool is_clustered = false;                 ///< its shards come and go, as `cluster_updated` says
  std::size_t envelope_bytes_max = 64 << 20; ///< larger ones are dropped unread
};

/// The one address of a node: what clients and workers send is passed on to the shard or the
/// dispatcher it is for, which answer the sender themselves. Passed on means unopened.
///
/// Whatever is for a shard or dispatcher that has not started yet, or has just died, is answered
/// `unavailable` if a client waits for an answer, and dropped if the sender repeats it anyway.
///
/// In a cluster, whatever is for a shard of another node is answered `unavailable` too, and the
/// sender hears which node has it. Whoever was welcomed hears where the shards are whenever that
/// changes.
///
/// Others hold on to its address, so it has one life, as long as its node's: it keeps nothing that
/// could be damaged, no message from outside ends it, and if it ends the node does. It takes
/// orders, to end among them, from its owner only, the first that sends it `child_started`.
[[nodiscard]] caf::actor spawn_router(caf::actor_system& system, router_options options);

} // namespace belfry
