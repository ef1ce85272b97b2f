#pragma once

#include "journal/membership.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace belfry {

/// The shards that a node is to claim and to release.
struct rebalance_plan {
  std::vector<shard_assignment> claim; ///< without an owner, and placed on this node
  std::vector<shard_id> release;       ///< owned by this node, and placed on another

  friend bool operator==(const rebalance_plan&, const rebalance_plan&) = default;
};

/// The owner of `assigned`, if it is a member of `view`; else a null id.
[[nodiscard]] member_id live_owner(const cluster_view& view, const shard_assignment& assigned);

/// What `self` does about `view`. `placement` is the one that `place_shards` computes from its
/// members.
///
/// `self` claims every shard without an owner that is placed on it. Of the shards that it owns and
/// that are placed on another member, it releases so many that at most `concurrent_moves_max`
/// shards of the cluster have no owner, since a shard does nothing until it is claimed. A shard
/// that is placed on no member keeps its owner.
[[nodiscard]] rebalance_plan plan_rebalance(member_id self, const cluster_view& view,
                                            std::span<const member_id> placement,
                                            std::size_t concurrent_moves_max);

/// By shard, the member that requests are routed to: the live owner, or the member that the shard
/// is placed on if it has no live owner or is in `releasing`.
[[nodiscard]] std::vector<member_id> routes_of(const cluster_view& view,
                                               std::span<const member_id> placement,
                                               const std::set<shard_id>& releasing);

/// The members that get shards of `self` when it leaves, by id.
[[nodiscard]] std::vector<member> successors_of(member_id self, const cluster_view& view);

/// Why `self` may not join.
struct join_conflict {
  member member_in_conflict; ///< it blocks the join as long as it is alive
  std::string text;          ///< for people
};

/// The first member of `view` that conflicts with `self`: it has other settings, or advertises the
/// same address on another machine.
[[nodiscard]] std::optional<join_conflict> find_join_conflict(const member& self,
                                                              const cluster_view& view);

} // namespace belfry
