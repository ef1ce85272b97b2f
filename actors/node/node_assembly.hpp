#pragma once

#include "belfry/clock.hpp"
#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "cluster/cluster_keeper.hpp"
#include "journal/journal.hpp"
#include "shard/shard.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace belfry {

/// What a node that keeps tasks is made of. Production and the simulator differ in these only.
struct node_impl {
  std::string name;    ///< for people
  std::string cluster; ///< told to clients and workers; empty: any
  std::shared_ptr<const clock> time;
  /// Opens the journal; called by the journal keeper whenever it (re)starts. A failure ends it.
  std::function<result<std::shared_ptr<journal>>()> open_journal;
  std::uint16_t shards = 4;
  std::uint64_t seed = 1;         ///< of retry jitter
  bool is_keeper_detached = true; ///< its calls block: in production it has its own thread
  bool runs_on_io_thread = false; ///< the network's thread runs shards and dispatcher too
  submit_limits submits;
  run_limits runs;
  shard_limits per_shard_limits{};
  /// Makes the router reachable from outside; returns the port.
  std::function<result<std::uint16_t>(const caf::actor& router)> publish;
  /// Set: the journal is shared with other nodes, and this one holds a part of the shards.
  /// Where it is reached is in `self`, but for the port.
  std::optional<cluster_keeper_options> membership;
  /// Set: opens the journal of the node's outbox, which is its own. Requires: `membership`.
  std::function<result<std::shared_ptr<journal>>()> open_outbox{};
};

/// A node's two actors that others need to know.
struct running_node {
  caf::actor supervisor; ///< ends, for any other reason than `user_shutdown`, when the node cannot
                         ///< keep its promises any more; an exit message ends the whole node
  caf::actor router;     ///< the one address of the node: clients and workers send to it alone
  std::uint16_t port = 0;
};

/// Starts the router and publishes it; then the journal keeper, the cluster keeper if there is a
/// cluster, the shards and the dispatcher, all under one supervisor. In a cluster the shards are on
/// call. An outbox comes last, with a journal keeper of its own. Returns at once; requests that
/// come before a shard has recovered are answered `unavailable`. The failure is that of `publish`;
/// nothing lives on then.
[[nodiscard]] result<running_node> assemble_node(caf::actor_system& system, node_impl parts);

} // namespace belfry
