#pragma once

#include "belfry/link_security.hpp"
#include "belfry/log_options.hpp"
#include "belfry/options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace belfry {

/// Where a node listens, and at which address others reach it. A node that stores no tasks does not
/// listen.
struct listen_options {
  std::string bind = "127.0.0.1";    ///< the address
  std::uint16_t port = default_port; ///< 0: any free port
  bool may_change_port = false;      ///< if `port` is taken, the node listens on any free one
  /// How other nodes and clients reach this node; nothing: at `bind`, or by the machine's name if
  /// that is any address. Port 0: the one it listens on.
  std::optional<node_address> advertise{};
};

/// Tasks are stored in a directory of the node, on a disk of its own.
struct directory_storage {
  std::string path{};
  /// Number of shards, fixed when the directory is first used; nothing: the stored number, or one
  /// for two processors in a new directory.
  std::optional<std::uint16_t> shards{};
  /// Nothing: workers and clients of any cluster may connect, else only those that name this one.
  std::optional<std::string> cluster{};
  /// The directory in which clients may have backups made (`cluster_client::back_up`): it exists,
  /// on the file system of `path` and not in it, or the node does not start. Nothing: the node
  /// makes none.
  std::optional<std::string> backups{};
};

/// Tasks are stored in a PostgreSQL database. All nodes with the same database and cluster share
/// its shards, and take over those of a node that dies.
struct database_storage {
  std::string uri{};              ///< `postgresql://…`
  std::string cluster = "belfry"; ///< the schema; several clusters can share one database
  /// Number of shards, fixed when the cluster is created; nothing: the stored number, or 16 in a
  /// new cluster.
  std::optional<std::uint16_t> shards{};
  std::uint32_t weight = 1;        ///< share of the shards relative to other nodes; 0: none
  duration failure_timeout{3'000}; ///< a node without heartbeat for this long is dead; the same in
                                   ///< all nodes
  /// Directory of the outbox: it accepts tasks whose shard is unreachable, if their queue accepts
  /// anywhere, until they can be delivered. Nothing: no outbox.
  std::optional<std::string> outbox{};
};

/// Tasks are stored by other nodes: this node is a worker that runs them.
struct remote_storage {
  std::vector<node_address> nodes{};    ///< some nodes of the cluster; one of them must answer
  std::optional<std::string> cluster{}; ///< nothing: nodes of any cluster will do
};

/// Where a node's tasks are stored.
using node_storage = std::variant<directory_storage, database_storage, remote_storage>;

/// The worker of a node: what it runs, and how much at once.
struct node_worker {
  std::optional<std::uint32_t> slots{};    ///< runs at the same time; nothing: two per processor
  std::optional<std::uint32_t> prefetch{}; ///< tasks fetched ahead; nothing: 20 ms of work per slot
  std::optional<std::vector<std::string>> queues{}; ///< nothing: all
};

/// Where a node serves metrics and health over HTTP.
struct http_listen_options {
  std::string bind = "127.0.0.1"; ///< an IP address, or `localhost`
  std::uint16_t port = 4180;      ///< 0: any free port
  /// A file with the token that requests must bear, of 16 to 4096 characters; readable by its user
  /// and group only. Needed if `bind` is no loopback address. Nothing: any program of this machine
  /// may ask.
  std::optional<std::string> token_file{};
};

/// How to start a node. Every field but `storage` may be left out.
struct node_options {
  std::optional<std::string> name{}; ///< display name; nothing: host name and process id
  node_storage storage{};
  std::optional<node_worker> worker{}; ///< nothing: the node runs no tasks
  listen_options listen{};
  link_security security{}; ///< how peers authenticate each other
  /// Nothing: the node serves no HTTP, and counts nothing. Only for a node that stores tasks.
  std::optional<http_listen_options> http{};
  submit_limits submits{};
  run_limits runs{};
  /// How many settled tasks each shard remembers, dead ones not counted; at least 1. Beyond it the
  /// oldest are forgotten before their retention is over. Only for a node that stores tasks.
  std::size_t settled_tasks_max = 20'000;
  /// Of this process, whose nodes share one log: the latest options decide, as long as their node
  /// exists. Nothing: the program's default logger of spdlog, or the standard error if the program
  /// has set none.
  std::optional<log_options> log{};
};

} // namespace belfry
