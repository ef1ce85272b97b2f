#pragma once

#include "dispatcher/dispatcher.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "cluster/cluster_map.hpp"
#include "dispatch/matcher.hpp"
#include "dispatcher/worker_registry.hpp"
#include "wire/envelope.hpp"

#include <caf/event_based_actor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// A shell around the matcher: turns messages into calls and assignments into messages, and knows
/// which workers are connected. Whatever a batch of messages changes is matched once, behind it.
class dispatcher_state {
public:
  dispatcher_state(caf::event_based_actor* self, dispatcher_options options);

  // From the supervisor.
  void on_child_started(const child_started& started);

  // From shards; dispatcher_shards.cpp.
  void on_lane_update(const lane_update& update);
  void on_tasks_granted(const tasks_granted& answer);

  // From workers; dispatcher_workers.cpp.
  void on_attach(const envelope& message);
  void on_heartbeat(const envelope& message);
  void on_credit(const envelope& message);

  // From the cluster keeper.
  void on_cluster_updated(const cluster_updated& update) { cluster_map_.update(update); }

  // From shards and the router, on behalf of a client.
  void on_complete_answer(complete_answer& request);

  // From the metrics collector.
  [[nodiscard]] dispatch_collected on_explain_lanes(const explain_lanes& request) const;

  // From itself and the actor system.
  void on_wake();
  void on_sweep();
  void on_actor_down(const caf::actor_addr& address);

private:
  struct shard_entry {
    caf::actor actor; // Null: not started yet, or dead.
    bool is_serving = false;
    std::uint64_t epoch = 0; // While it serves.
    /// When it began to serve: an Attach with an earlier generation was sent before that.
    std::uint64_t attach_generation = 0;
    bool are_lanes_stale = false; // It granted less than its lanes promised.
  };

  shard_entry* shard_at(std::uint16_t index);
  void register_shard(std::uint16_t index, const caf::actor& actor);
  void remove_shard(std::uint16_t index);
  void begin_serving(shard_entry& shard);
  void schedule_reattach(session_id session, shard_id shard);
  void schedule_reattach_all();
  [[nodiscard]] std::uint64_t next_attach_generation();

  void refuse(const caf::actor& worker, const std::string& reason);
  [[nodiscard]] bool is_stale(const wire::Attach& attach);
  void register_worker(const wire::Attach& attach, const caf::actor& worker);
  void register_connection(const wire::Attach& attach, const caf::actor& worker);
  void announce_worker(const wire::Attach& attach, const caf::actor& worker, std::uint16_t index);
  [[nodiscard]] bool forward_heartbeat(const wire::Heartbeat& heartbeat);
  void announce_demand();
  void request_reattach(const caf::actor& worker);

  void explain(const complete_answer& request, wire::Explanation& explanation);
  void add_obstacle(const complete_answer& request, wire::Explanation& explanation);
  void name_worker(wire::Explanation& explanation);
  [[nodiscard]] caf::actor sender() const;
  void schedule_wake();
  void schedule_sweep();

  caf::event_based_actor* self_;
  dispatcher_options options_;
  std::vector<shard_entry> shards_; // By index.
  cluster_map cluster_map_;
  matcher matcher_;
  worker_registry registry_;
  std::uint64_t attach_generation_ = 0; // The latest.
  struct departed_worker {
    std::string name;
    worker_registry::time_point at{};
  };
  std::optional<departed_worker> latest_departed_; // Whose connection was lost last.
  std::vector<caf::actor> awaiting_flush_; // Shards that get a flush_atom after the next match.
  bool is_wake_scheduled_ = false;
  bool is_sweep_scheduled_ = false;
};

} // namespace belfry
