#pragma once

#include "base/local_messages.hpp"
#include "cluster/cluster_keeper.hpp"
#include "cluster/node_hints.hpp"

#include "placement/failure_detector.hpp"
#include "placement/rebalance_plan.hpp"

#include <map>
#include <optional>
#include <set>

namespace belfry {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using refresh_now_atom = caf::atom_constant<caf::atom("refreshnow")>;

/// What a cluster keeper does with its messages: one method per message.
class cluster_keeper_state {
public:
  cluster_keeper_state(caf::event_based_actor* self, cluster_keeper_options options,
                       std::shared_ptr<membership> store);

  void on_child_started(const child_started& one);
  /// It is time for a sign of life and a look.
  void tick();
  /// Somebody says that a look may be worth it.
  void refresh_soon();
  void refresh_now();
  void ended(const child_terminated& one);
  /// What is to be given away and does not live any more is given away.
  void on_live_children(const running_children& all);
  void drain(const drain_node& what);
  void leave();

private:
  using time_point = caf::actor_clock::time_point;

  void look();
  [[nodiscard]] bool is_storage_available(const storage_status& how);
  [[nodiscard]] bool join();
  [[nodiscard]] bool refresh_view();
  void rebalance();
  void set_running_shards();
  void tell();
  void stop_all_shards();
  void release_shards(const std::vector<shard_id>& shards);
  [[nodiscard]] const member* preferred_owner(shard_id shard) const;

  caf::event_based_actor* self_;
  const cluster_keeper_options options_;
  const std::shared_ptr<membership> store_;
  node_hints hints_;
  failure_detector watch_;
  caf::actor supervisor_;
  caf::actor router_;
  caf::actor dispatcher_;
  bool is_member_ = false;
  bool is_storage_unavailable_ = false;        // The storage, at the last try.
  std::optional<join_conflict> join_conflict_; // What stood in the way of joining at the last look.
  std::shared_ptr<const cluster_view> view_ = std::make_shared<cluster_view>();
  std::vector<member_id> placement_;        // That follows from the view.
  std::set<shard_id> releasing_;            // Told to end, to be given away then.
  std::map<shard_id, time_point> retry_at_; // Given up here; to be tried again then.
  std::optional<time_point> last_refresh_;
  time_point next_move_at_{}; // No shard is given away before.
  bool is_refresh_scheduled_ = false;
};

} // namespace belfry
