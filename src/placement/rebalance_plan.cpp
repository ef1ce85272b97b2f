#include "placement/rebalance_plan.hpp"

#include "placement/placement.hpp"

#include <algorithm>

namespace belfry {

namespace {

std::string address_of(const member& one) {
  return one.host + ":" + std::to_string(one.port);
}

} // namespace

member_id live_owner(const cluster_view& view, const shard_assignment& of) {
  const auto at =
      std::lower_bound(view.members.begin(), view.members.end(), of.owner,
                       [](const member& one, member_id wanted) { return one.id < wanted; });
  return at != view.members.end() && at->id == of.owner ? of.owner : member_id{};
}

rebalance_plan plan_rebalance(member_id self, const cluster_view& view,
                              std::span<const member_id> placement,
                              std::size_t concurrent_moves_max) {
  rebalance_plan orders;
  std::vector<shard_id> others; // Mine, and by right another's.
  std::size_t free = 0;
  for (std::size_t at = 0; at < view.assignments.size() && at < placement.size(); ++at) {
    const auto& one = view.assignments[at];
    const auto owner = live_owner(view, one);
    free += owner ? 0 : 1;
    if (!owner && placement[at] == self)
      orders.claim.push_back(one);
    else if (owner == self && placement[at] && placement[at] != self)
      others.push_back(one.shard);
  }
  const auto room = free < concurrent_moves_max ? concurrent_moves_max - free : 0;
  others.resize(std::min(others.size(), room));
  orders.release = std::move(others);
  return orders;
}

std::vector<member_id> routes_of(const cluster_view& view, std::span<const member_id> placement,
                                 const std::set<shard_id>& leaving) {
  std::vector<member_id> routes(placement.begin(), placement.end());
  for (std::size_t at = 0; at < routes.size() && at < view.assignments.size(); ++at) {
    const auto owner = live_owner(view, view.assignments[at]);
    if (owner && !leaving.contains(view.assignments[at].shard))
      routes[at] = owner;
  }
  return routes;
}

std::vector<member> successors_of(member_id self, const cluster_view& view) {
  auto others = view.members;
  std::erase_if(others, [self](const member& one) { return one.id == self; });
  const auto placement = place_shards(others, view.assignments.size());
  std::erase_if(others, [&](const member& one) {
    for (std::size_t at = 0; at < placement.size(); ++at)
      if (view.assignments[at].owner == self && placement[at] == one.id)
        return false;
    return true;
  });
  return others;
}

std::optional<join_conflict> find_join_conflict(const member& self, const cluster_view& view) {
  for (const auto& one : view.members) {
    if (one.id == self.id)
      continue;
    const auto who = "node '" + one.name + "' at " + address_of(one);
    if (one.settings != self.settings)
      return join_conflict{one, "the cluster has other settings: " + who + " has " + one.settings +
                                    ", this node " + self.settings};
    if (one.host == self.host && one.port == self.port && one.machine != self.machine)
      return join_conflict{one,
                           who + " is on machine " + one.machine +
                               " and tells clients the same address as this node; say another one"};
  }
  return std::nullopt;
}

} // namespace belfry
