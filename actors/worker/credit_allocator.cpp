#include "worker/credit_allocator.hpp"

#include <algorithm>
#include <tuple>

namespace belfry {

std::uint32_t credit_allocator::attach(std::uint64_t node, std::uint32_t room) {
  auto& mine = nodes_[node];
  mine = {};
  const auto others = offered_total();
  const auto left = room > others ? room - others : 0;
  mine.offered = nodes_.size() == 1 ? left : std::min(left, fair_share(room));
  return mine.offered;
}

void credit_allocator::granted(std::uint64_t node) {
  if (const auto found = nodes_.find(node); found != nodes_.end() && found->second.offered > 0)
    --found->second.offered;
}

void credit_allocator::set_demand(std::uint64_t node, bool has_demand) {
  if (const auto found = nodes_.find(node); found != nodes_.end())
    found->second.has_demand = has_demand;
}

void credit_allocator::returned(std::uint64_t node, std::uint32_t count) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end())
    return;
  found->second.is_recalled = false;
  found->second.offered -= std::min(found->second.offered, count);
}

std::vector<credit_allocator::share> credit_allocator::allocate(std::uint32_t room) {
  std::map<std::uint64_t, std::uint32_t> gifts;
  const auto offered = offered_total();
  auto left = room > offered && !nodes_.empty() ? room - offered : 0;
  const bool is_for_hungry = has_any_demand();
  for (; left > 0; --left) {
    auto best = nodes_.end();
    for (auto at = nodes_.begin(); at != nodes_.end(); ++at) {
      if (is_for_hungry && !at->second.has_demand)
        continue;
      const auto rank = [](const node_credit& one) { return std::tie(one.offered, one.turn); };
      if (best == nodes_.end() || rank(at->second) < rank(best->second))
        best = at;
    }
    best->second.turn = ++turns_;
    if (nodes_.size() == 1) {
      best->second.offered += left;
      return {{best->first, left}};
    }
    ++best->second.offered;
    ++gifts[best->first];
  }
  std::vector<share> shares;
  for (const auto& [node, count] : gifts)
    shares.push_back({node, count});
  return shares;
}

std::vector<credit_allocator::share> credit_allocator::recall(std::uint32_t room) {
  std::uint32_t lacking = 0;
  for (const auto& [node, one] : nodes_)
    if (one.has_demand)
      lacking += fair_share(room) - std::min(fair_share(room), one.offered);
  return recall_from_others(lacking, room >= nodes_.size() ? 1 : 0);
}

std::vector<credit_allocator::share> credit_allocator::recall_excess(std::uint32_t room) {
  std::uint32_t lacking = 0;
  for (const auto& [node, one] : nodes_)
    lacking += fair_share(room) - std::min(fair_share(room), one.offered);
  return recall_from_others(lacking, fair_share(room));
}

/// Of those who are not hungry, down to `kept` each.
std::vector<credit_allocator::share> credit_allocator::recall_from_others(std::uint32_t lacking,
                                                                          std::uint32_t kept) {
  std::vector<share> shares;
  for (auto& [node, one] : nodes_) {
    if (one.has_demand || one.is_recalled || one.offered <= kept || lacking == 0)
      continue;
    const auto count = std::min(one.offered - kept, lacking);
    lacking -= count;
    one.is_recalled = true;
    shares.push_back({node, count});
  }
  return shares;
}

std::uint32_t credit_allocator::offered(std::uint64_t node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? 0 : found->second.offered;
}

std::uint32_t credit_allocator::offered_total() const {
  std::uint32_t total = 0;
  for (const auto& [node, one] : nodes_)
    total += one.offered;
  return total;
}

std::uint32_t credit_allocator::fair_share(std::uint32_t room) const {
  return nodes_.empty() ? room : std::max(1U, room / static_cast<std::uint32_t>(nodes_.size()));
}

bool credit_allocator::has_any_demand() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const auto& one) { return one.second.has_demand; });
}

} // namespace belfry
