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
#include <vector>

namespace belfry {

/// A shell around the matcher: it turns messages into calls and assignments into messages, and
/// knows who is connected. What a batch of mail changes is matched once, behind it.
class dispatcher_state {
public:
  dispatcher_state(caf::event_based_actor* self, dispatcher_options options);

  // From the supervisor.
  void on_child_started(const child_started& one);

  // From shards.
  void update_lanes(const lane_update& told);
  void on_tasks_granted(const tasks_granted& told);

  // From workers.
  void attach(const envelope& message);
  void beat(const envelope& message);
  void change_credit(const envelope& message);

  // From the cluster keeper.
  void note(const cluster_updated& news) { cluster_metadata_.update(news); }

  // From those who ask.
  void finish(complete_answer& question);

  // From itself and the actor system.
  void wake();
  void sweep();
  void on_actor_down(const caf::actor_addr& who);

private:
  struct shard_entry {
    caf::actor actor; // Null: never met, or dead.
    bool is_serving = false;
    std::uint64_t epoch = 0; // While it serves.
    std::uint64_t since = 0; // Of its serving: an Attach that knows of it has a later invitation.
    bool are_lanes_stale =
        false; // It granted less than its lanes promised; it may have more again.
  };

  shard_entry* shard_at(std::uint16_t index);
  void register_shard(std::uint16_t index, const caf::actor& shard);
  void remove_shard(std::uint16_t index);
  void begin_serving(std::uint16_t index);
  void request_reattach_all();
  [[nodiscard]] std::uint64_t next_attach_generation();
  void request_reattach(session_id session, shard_id to);
  [[nodiscard]] caf::actor sender() const;
  void welcome(const caf::actor& worker);
  void refuse(const caf::actor& worker, const std::string& why);
  void announce_demand();
  [[nodiscard]] bool is_stale(const wire::Attach& attach);
  void register_worker(const wire::Attach& attach, const caf::actor& worker);
  void explain(const complete_answer& question, wire::Explanation& explanation);
  void schedule_wake();
  void schedule_sweep();

  caf::event_based_actor* self_;
  dispatcher_options options_;
  std::vector<shard_entry> shards_; // By index.
  cluster_map cluster_metadata_;
  matcher matcher_;
  worker_registry registry_;
  std::uint64_t attach_generation_ = 0;    // The latest.
  std::vector<caf::actor> awaiting_flush_; // Shards that are answered behind the next takes.
  bool is_wake_scheduled_ = false;
  bool is_sweep_scheduled_ = false;
};

} // namespace belfry
