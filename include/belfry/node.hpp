#pragma once

#include "belfry/handler.hpp"
#include "belfry/link_security.hpp"
#include "belfry/options.hpp"
#include "belfry/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// Kinds of task that are actors: see <belfry/actors/node.hpp>.
class task_behaviors;

/// How to start a node. A node stores tasks (if it has a data directory or a store), runs them (if
/// it has slots), or does both.
struct node_options {
  std::string name{};                ///< for people; empty: host name and process id
  std::string bind = "127.0.0.1";    ///< address to listen on
  std::uint16_t port = default_port; ///< 0: any free port
  bool may_change_port = false;      ///< if `port` is in use, the node listens on any free one
  /// Address that other nodes of the cluster connect to. An empty host means `bind`, or the name of
  /// the machine if `bind` is any address; port 0 means the port that the node listens on.
  node_address advertise{};
  std::string data_directory{}; ///< directory that stores tasks, on a disk of this node's own
  std::string store{};          ///< or a database that does: `postgresql://…`; not both
  /// With `store`, the cluster within the database (empty: `belfry`); with `join`, the cluster
  /// whose nodes may be joined (empty: any). Workers and clients that name another one are refused.
  std::string cluster{};
  /// Directory of the outbox: a task waits there while its shard is unreachable, if its queue
  /// accepts anywhere. Empty: no outbox. Requires: `store` is set.
  std::string outbox{};
  std::uint32_t weight = 1; ///< share of the cluster's shards, relative to other nodes
  /// A node of the cluster without a heartbeat for this long is evicted.
  duration failure_timeout{3'000};
  /// Number of shards, fixed when the directory or the database is first used. 0: the stored
  /// number; at first use one per two processors in a directory, 16 in a database.
  std::uint16_t shards = 0;
  std::vector<node_address> join{}; ///< a worker node: addresses of some nodes that store tasks
  std::uint32_t slots = 0;          ///< number of tasks to run at once; 0: the node runs none
  std::optional<std::uint32_t> prefetch{}; ///< tasks to fetch ahead; nothing: 20 ms of work
  std::vector<std::string> queues{};       ///< queues whose tasks the node runs; empty: all
  link_security security{};                ///< credentials, and which peers to accept
  submit_limits submits{};
  run_limits runs{};
};

/// A belfry node inside this process. Stops gracefully when destroyed.
///
/// May be used from any thread. Needs no actor system of the caller's.
class node {
public:
  /// Starts a node with the built-in handlers and those of `handlers`. Returns once it accepts
  /// tasks and connections, or a failure that names what is wrong: the port is taken, the data
  /// directory is in use, damaged or not writable, or an option is out of range.
  static result<std::unique_ptr<node>> start(node_options options, handler_registry handlers = {});

  /// The same with kinds of task that are actors. Needs <belfry/actors/node.hpp>.
  static result<std::unique_ptr<node>> start(node_options options, handler_registry handlers,
                                             const task_behaviors& behaviors);

  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// The port it listens on; 0 if it stores no tasks: such a node does not listen.
  [[nodiscard]] std::uint16_t port() const;

  /// Waits until the node ends, because it can no longer keep its promises (its disk failed, for
  /// example) or because `stop` was called. Returns the reason; empty if it was stopped.
  [[nodiscard]] std::string wait();

  /// Takes no new work, gives running handlers up to `grace` to end, then ends.
  void stop(duration grace = duration{10'000});

private:
  struct implementation;
  explicit node(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace belfry
