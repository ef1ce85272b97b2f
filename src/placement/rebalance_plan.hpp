#pragma once

#include "journal/membership.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace belfry {

/// What a node is to do about shards.
struct rebalance_plan {
  std::vector<shard_assignment> claim; ///< free, and its own by right
  std::vector<shard_id> release;       ///< its own, and by right another's

  friend bool operator==(const rebalance_plan&, const rebalance_plan&) = default;
};

/// Who owns the shard of `of`, if it is one of the members of `view`; else nobody.
[[nodiscard]] member_id live_owner(const cluster_view& view, const shard_assignment& of);

/// What `self` does at the sight of `view`, with the placement that follows from its members.
///
/// It claims every free shard that is its own by right. Of its shards that are another's by right
/// it releases so many that `concurrent_moves_max` are free in the whole cluster, since each of
/// them stands still until it is claimed. Nobody by right: who has it keeps it.
[[nodiscard]] rebalance_plan plan_rebalance(member_id self, const cluster_view& view,
                                            std::span<const member_id> placement,
                                            std::size_t concurrent_moves_max);

/// By shard, who answers for it: the living owner, or whoever it is by right if it has none or is
/// being given away (`leaving`).
[[nodiscard]] std::vector<member_id> routes_of(const cluster_view& view,
                                               std::span<const member_id> placement,
                                               const std::set<shard_id>& leaving);

/// Who is to have the shards of `self` when it is no member any more, by id.
[[nodiscard]] std::vector<member> successors_of(member_id self, const cluster_view& view);

/// Why `self` may not join.
struct join_conflict {
  member who;       ///< that stands in the way, as long as it lives
  std::string text; ///< for people
};

/// The first of `view` that stands in the way of `self`: it has other settings, or listens at the
/// same address on another machine.
[[nodiscard]] std::optional<join_conflict> find_join_conflict(const member& self,
                                                              const cluster_view& view);

} // namespace belfry
