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

/// How to start a node. A node keeps tasks (if it has a data directory), runs them (if it has
/// slots), or does both.
struct node_options {
  std::string name{};                ///< for people; empty: host name and process id
  std::string bind = "127.0.0.1";    ///< address to listen on
  std::uint16_t port = default_port; ///< 0: any free port
  bool may_change_port = false;      ///< if `port` is taken it listens on any free one
  node_address advertise{};         ///< how others of a cluster reach it; an empty host: at `bind`,
                                    ///< or by the machine's name if that is any address; port 0:
                                    ///< the one it listens on
  std::string data_directory{};     ///< where it keeps tasks, on a disk of its own
  std::string store{};              ///< or in which database: `postgresql://…`; both empty: it
                                    ///< keeps none
  std::string cluster{};            ///< whose tasks in that database (empty: belfry's), and which
                                    ///< nodes may be joined (empty: any); other workers and
                                    ///< clients that name one are refused
  std::string outbox{};             ///< a directory where it keeps tasks whose shard its clients
                                    ///< cannot reach, if their queue accepts anywhere; empty:
                                    ///< nowhere. Beside `store` only
  std::uint32_t weight = 1;         ///< its share of the shards there, against other nodes'
  duration failure_timeout{3'000};  ///< a node of the cluster that is silent for longer is dead
  std::uint16_t shards = 0;         ///< fixed when directory or database are first used; 0: what
                                    ///< they were made with, or one for two processors, in
                                    ///< a database 16
  std::vector<node_address> join{}; ///< a worker node: where some nodes that keep tasks are
  std::uint32_t slots = 0;          ///< runs at the same time; 0: this node runs none
  std::optional<std::uint32_t> prefetch{}; ///< tasks fetched ahead; nothing: 20 ms of work
  std::vector<std::string> queues{};       ///< which queues to run; empty: all
  link_security security{};                ///< who may talk to it, and it to others
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

  /// The port it listens on; 0 if it keeps no tasks: such a node does not listen.
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
