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
                       std::shared_ptr<membership> opened);

  void on_child_started(const child_started& started);
  /// Heartbeat and refresh, at every interval.
  void tick();
  /// Another node hints that the view has changed. Limited to one refresh per 20 ms; none before
  /// the next heartbeat while the storage is unavailable.
  void refresh_soon();
  void on_refresh_now();
  void on_child_terminated(const child_terminated& ended);
  /// Releases the shards that are to move and have stopped.
  void on_running_children(const running_children& running);
  void on_drain_node(const drain_node& request);
  void leave();

private:
  using time_point = caf::actor_clock::time_point;

  void refresh();
  [[nodiscard]] bool check_read(const storage_status& status);
  [[nodiscard]] bool check_write(const storage_status& status);
  [[nodiscard]] bool join();
  [[nodiscard]] bool refresh_view();
  [[nodiscard]] bool evict_failed_members(cluster_view& latest);
  void rebalance();
  void set_running_shards();
  void publish_view();
  void stop_all_shards();
  void release_shards(const std::vector<shard_id>& shards);
  [[nodiscard]] const member* preferred_owner(shard_id shard) const;

  caf::event_based_actor* self_;
  const cluster_keeper_options options_;
  const std::shared_ptr<membership> membership_;
  node_hints hints_;
  failure_detector failure_detector_;
  caf::actor supervisor_;
  caf::actor router_;
  caf::actor dispatcher_;
  bool is_member_ = false;
  bool is_storage_unavailable_ = false;        // A call failed, and no write succeeded since.
  std::optional<join_conflict> join_conflict_; // At the last refresh.
  std::shared_ptr<const cluster_view> view_ = std::make_shared<cluster_view>();
  std::vector<member_id> placement_;        // Computed from the view.
  std::set<shard_id> releasing_;            // To be released once they have stopped.
  std::map<shard_id, time_point> retry_at_; // Failed here; not started before.
  std::optional<time_point> last_refresh_;
  time_point next_move_at_{}; // No shard is released before.
  bool is_refresh_scheduled_ = false;
};

} // namespace belfry
