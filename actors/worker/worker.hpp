#pragma once

#include "belfry/actors/protocol.hpp"
#include "belfry/actors/task_behavior.hpp"
#include "belfry/options.hpp"
#include "belfry/time.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

class executor;

/// How a worker is set up. The executor and the actors named here outlive it.
struct worker_options {
  std::vector<node_address> addresses{
      {"localhost", default_port}}; ///< of some nodes of its cluster
  caf::actor transport;             ///< answers `(connect_atom, host, port)`; null: CAF's middleman
  caf::actor router;                ///< of the worker's own node, in place of `addresses`
  std::string cluster;              ///< must be the nodes' cluster, if both are set
  std::string name;                 ///< for people
  std::vector<std::string> kinds;   ///< what `run_executor` has handlers for
  std::vector<std::string> queues;  ///< empty: all
  std::uint32_t slots = 1;          ///< runs at the same time
  std::optional<std::uint32_t> prefetch; ///< runs granted ahead; empty: see prefetch_controller.hpp
  std::uint64_t seed = 0;                ///< of the session id and of retry jitter
  executor* run_executor = nullptr;      ///< runs the handlers of `kinds`
  std::map<std::string, task_behavior> actor_kinds; ///< tasks that are users' actors
  duration grace{2'000};          ///< from asking a handler to end to abandoning it
  duration drain_timeout{30'000}; ///< for running tasks after a stop
};

/// Whether the worker and its task actors run on the network's thread. A worker inside a node does
/// not: the node needs that thread for itself.
[[nodiscard]] bool runs_on_io_thread(const worker_options& options);

/// Tells a worker to stop gracefully; an exit message with `user_shutdown` does the same.
using stop_atom = caf::atom_constant<caf::atom("stop")>;

/// Starts a worker: it attaches to every node of the cluster that has shards, runs the tasks that
/// they grant and reports each outcome to the node that owns the shard by then. When the connection
/// to a node is lost, it connects and attaches again.
///
/// After a stop the worker takes no more tasks, returns those that it has not started, tells the
/// running ones that it stops, waits up to `drain_timeout` for them, interrupts those that still
/// run, reports and quits. Interrupted runs cost no attempt.
///
/// Requires: `run_executor` is set if `kinds` is not empty; `slots` is at least 1.
[[nodiscard]] caf::actor spawn_worker(caf::actor_system& system, worker_options options);

} // namespace belfry
