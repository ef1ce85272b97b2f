#pragma once

#include "base/local_messages.hpp"
#include "cluster/cluster_keeper.hpp"
#include "cluster/node_hints.hpp"

#include "placement/cluster_orders.hpp"
#include "placement/silence_watch.hpp"

#include <map>
#include <optional>
#include <set>

namespace belfry {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using look_now_atom = caf::atom_constant<caf::atom("looknow")>;

/// What a cluster keeper does with its messages: one method per message.
class cluster_keeper_state {
public:
  cluster_keeper_state(caf::event_based_actor* self, cluster_keeper_options options,
                       std::shared_ptr<membership> store);

  void meet(const child_started& one);
  /// It is time for a sign of life and a look.
  void tick();
  /// Somebody says that a look may be worth it.
  void look_soon();
  void look_now();
  void ended(const child_ended& one);
  /// What is to be given away and does not live any more is given away.
  void live(const living_children& all);
  void drain(const drain_node& what);
  void leave();

private:
  using time_point = caf::actor_clock::time_point;

  void look();
  [[nodiscard]] bool is_reached(const status& how);
  [[nodiscard]] bool join();
  [[nodiscard]] bool see();
  void act();
  void hold();
  void tell();
  void hold_nothing();
  void give_away(const std::vector<shard_id>& shards);
  [[nodiscard]] const member* right_owner(shard_id shard) const;

  caf::event_based_actor* self_;
  const cluster_keeper_options options_;
  const std::shared_ptr<membership> store_;
  node_hints hints_;
  silence_watch watch_;
  caf::actor supervisor_;
  caf::actor gateway_;
  caf::actor dispatcher_;
  bool is_member_ = false;
  bool is_away_ = false;          // The storage, at the last try.
  std::optional<obstacle> doubt_; // What stood in the way of joining at the last look.
  std::shared_ptr<const cluster_view> view_ = std::make_shared<cluster_view>();
  std::vector<member_id> placement_;       // That follows from the view.
  std::set<shard_id> releasing_;           // Told to end, to be given away then.
  std::map<shard_id, time_point> resting_; // Given up here; to be tried again then.
  std::optional<time_point> looked_at_;
  time_point rests_until_{}; // No shard is given away before.
  bool is_look_on_its_way_ = false;
};

} // namespace belfry
