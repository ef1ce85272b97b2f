#include "placement/rebalance_plan.hpp"

#include "belfry/options.hpp"
#include "placement/placement.hpp"

#include <algorithm>

namespace belfry {

member_id live_owner(const cluster_view& view, const shard_assignment& assigned) {
  const auto found =
      std::lower_bound(view.members.begin(), view.members.end(), assigned.owner,
                       [](const member& node, member_id wanted) { return node.id < wanted; });
  return found != view.members.end() && found->id == assigned.owner ? assigned.owner : member_id{};
}

rebalance_plan plan_rebalance(member_id self, const cluster_view& view,
                              std::span<const member_id> placement,
                              std::size_t concurrent_moves_max) {
  rebalance_plan plan;
  std::size_t free = 0;
  for (std::size_t shard = 0; shard < view.assignments.size() && shard < placement.size();
       ++shard) {
    const auto& assigned = view.assignments[shard];
    const auto owner = live_owner(view, assigned);
    free += owner ? 0 : 1;
    if (!owner && placement[shard] == self)
      plan.claim.push_back(assigned);
    else if (owner == self && placement[shard] && placement[shard] != self)
      plan.release.push_back(assigned.shard);
  }
  const auto moves = free < concurrent_moves_max ? concurrent_moves_max - free : 0;
  plan.release.resize(std::min(plan.release.size(), moves));
  return plan;
}

std::vector<member_id> routes_of(const cluster_view& view, std::span<const member_id> placement,
                                 const std::set<shard_id>& releasing) {
  std::vector<member_id> routes(placement.begin(), placement.end());
  for (std::size_t shard = 0; shard < routes.size() && shard < view.assignments.size(); ++shard) {
    const auto owner = live_owner(view, view.assignments[shard]);
    if (owner && !releasing.contains(view.assignments[shard].shard))
      routes[shard] = owner;
  }
  return routes;
}

std::vector<member> successors_of(member_id self, const cluster_view& view) {
  auto others = view.members;
  std::erase_if(others, [self](const member& node) { return node.id == self; });
  const auto placement = place_shards(others, view.assignments.size());
  std::erase_if(others, [&](const member& node) {
    for (std::size_t shard = 0; shard < placement.size(); ++shard)
      if (view.assignments[shard].owner == self && placement[shard] == node.id)
        return false;
    return true;
  });
  return others;
}

std::optional<join_conflict> find_join_conflict(const member& self, const cluster_view& view) {
  for (const auto& other : view.members) {
    if (other.id == self.id)
      continue;
    const auto description =
        "node '" + other.name + "' at " + to_string(node_address{other.host, other.port});
    if (other.settings != self.settings)
      return join_conflict{other, "the cluster has other settings: " + description + " has " +
                                      other.settings + ", this node " + self.settings};
    if (other.host == self.host && other.port == self.port && other.machine != self.machine)
      return join_conflict{other, description + " is on machine " + other.machine +
                                      " and advertises the same address as this node; "
                                      "expected another address"};
  }
  return std::nullopt;
}

} // namespace belfry
