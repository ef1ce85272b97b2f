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

/// How the actors of a node that stores tasks are set up. Production and the simulator differ in
/// these options only.
struct assembly_options {
  std::string name;    ///< for people
  std::string cluster; ///< clients and workers of another are refused; empty: none is
  std::shared_ptr<const clock> time;
  /// When the machine booted; nothing: that is not known, and no schedule is due at boot.
  std::optional<instant> booted_at{};
  /// Opens the journal; called by the journal keeper whenever it (re)starts. A failure ends it.
  std::function<result<std::shared_ptr<journal>>()> open_journal;
  std::uint16_t shards = 4;
  std::uint64_t seed = 1;         ///< of retry jitter
  bool is_keeper_detached = true; ///< the journal and cluster keepers block: each has its thread
  bool runs_on_io_thread = false; ///< the network's thread also runs the shards and the dispatcher
  submit_limits submits;
  run_limits runs;
  shard_limits per_shard_limits{};
  bool has_collector =
      false;                 ///< of metrics: without one the node tells neither them nor its health
  bool counts_tasks = false; ///< its shards count what happens to their tasks
  /// Makes the router reachable from outside; returns the port.
  std::function<result<std::uint16_t>(const caf::actor& router)> publish;
  /// Set: the journal is shared with other nodes, and this one owns a part of the shards. `self`
  /// holds its address; a port of 0 stands for the published one.
  std::optional<cluster_keeper_options> cluster_keeper;
  /// Set: opens the journal of the node's outbox, which is not shared. Requires: `cluster_keeper`.
  std::function<result<std::shared_ptr<journal>>()> open_outbox{};
};

/// The two actors of a node that are used from outside.
struct running_node {
  caf::actor supervisor; ///< an exit message stops the whole node; if the node fails, it ends with
                         ///< another reason than `user_shutdown`
  caf::actor router;     ///< clients and workers send all their messages to it
  std::uint16_t port = 0;
};

/// Starts the router and publishes it; then the journal keeper, the cluster keeper if there is a
/// cluster, the shards and the dispatcher, all under one supervisor. In a cluster the shards are
/// started on demand. An outbox comes last, with its own journal keeper. Returns at once; requests
/// that arrive before a shard has recovered are answered `unavailable`. Fails if `publish` fails;
/// no actor is left running then.
[[nodiscard]] result<running_node> assemble_node(caf::actor_system& system,
                                                 assembly_options options);

} // namespace belfry
