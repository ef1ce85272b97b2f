#pragma once

#include "dispatcher/dispatcher.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "cluster/cluster_board.hpp"
#include "dispatch/matcher.hpp"
#include "dispatcher/dispatcher_roster.hpp"
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
  void meet(const child_started& one);

  // From shards.
  void take_over(const shard_lanes& told);
  void settle(const tasks_taken& told);

  // From workers.
  void attach(const envelope& message);
  void beat(const envelope& message);
  void change_credit(const envelope& message);

  // From the cluster keeper.
  void note(const cluster_known& news) { board_.update(news); }

  // From those who ask.
  void finish(finish_answer& question);

  // From itself and the actor system.
  void wake();
  void sweep();
  void lose(const caf::actor_addr& who);

private:
  struct shard_state {
    caf::actor actor; // Null: never met, or dead.
    bool is_serving = false;
    std::uint64_t epoch = 0;  // While it serves.
    std::uint64_t since = 0;  // Of its serving: an Attach that knows of it has a later invitation.
    bool is_doubtful = false; // It granted less than its lanes promised; it may have more again.
  };

  shard_state* shard_at(std::uint16_t index);
  void adopt(std::uint16_t index, const caf::actor& shard);
  void abandon(std::uint16_t index);
  void begin_serving(std::uint16_t index);
  void welcome_all();
  [[nodiscard]] std::uint64_t next_invitation();
  void invite(session_id session, shard_id to);
  [[nodiscard]] caf::actor sender() const;
  void welcome(const caf::actor& worker);
  void refuse(const caf::actor& worker, const std::string& why);
  void tell_hunger();
  [[nodiscard]] bool is_late(const wire::Attach& attach);
  void introduce(const wire::Attach& attach, const caf::actor& worker);
  void explain(const finish_answer& question, wire::Explanation& explanation);
  void wake_soon();
  void sweep_later();

  caf::event_based_actor* self_;
  dispatcher_options options_;
  std::vector<shard_state> shards_; // By index.
  cluster_board board_;
  matcher matcher_;
  dispatcher_roster roster_;
  std::uint64_t invitation_ = 0;     // The latest.
  std::vector<caf::actor> awaiting_; // Shards that are answered behind the next takes.
  bool is_wake_on_its_way_ = false;
  bool is_sweep_on_its_way_ = false;
};

} // namespace belfry
