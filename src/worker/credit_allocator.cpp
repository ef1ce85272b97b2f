#include "worker/credit_allocator.hpp"

#include <algorithm>
#include <tuple>

namespace belfry {

std::uint32_t credit_allocator::attach(std::uint64_t node, std::uint32_t capacity) {
  auto& attached = nodes_[node];
  attached = {};
  const auto others = offered_total();
  const auto unoffered = capacity > others ? capacity - others : 0;
  attached.offered = nodes_.size() == 1 ? unoffered : std::min(unoffered, fair_share(capacity));
  return attached.offered;
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

std::vector<credit_allocator::share> credit_allocator::allocate(std::uint32_t capacity) {
  std::map<std::uint64_t, std::uint32_t> grown;
  const auto offered = offered_total();
  auto left = capacity > offered && !nodes_.empty() ? capacity - offered : 0;
  const bool is_for_demand = has_any_demand();
  for (; left > 0; --left) {
    auto best = nodes_.end();
    for (auto node = nodes_.begin(); node != nodes_.end(); ++node) {
      if (is_for_demand && !node->second.has_demand)
        continue;
      const auto rank = [](const node_credit& credit) {
        return std::tie(credit.offered, credit.last_served);
      };
      if (best == nodes_.end() || rank(node->second) < rank(best->second))
        best = node;
    }
    best->second.last_served = ++served_count_;
    if (nodes_.size() == 1) {
      best->second.offered += left;
      return {{best->first, left}};
    }
    ++best->second.offered;
    ++grown[best->first];
  }
  std::vector<share> shares;
  for (const auto& [node, count] : grown)
    shares.push_back({node, count});
  return shares;
}

std::vector<credit_allocator::share> credit_allocator::recall(std::uint32_t capacity) {
  std::uint32_t lacking = 0;
  for (const auto& [node, credit] : nodes_)
    if (credit.has_demand)
      lacking += fair_share(capacity) - std::min(fair_share(capacity), credit.offered);
  return recall_from_others(lacking, capacity >= nodes_.size() ? 1 : 0);
}

std::vector<credit_allocator::share> credit_allocator::recall_excess(std::uint32_t capacity) {
  std::uint32_t lacking = 0;
  for (const auto& [node, credit] : nodes_)
    lacking += fair_share(capacity) - std::min(fair_share(capacity), credit.offered);
  return recall_from_others(lacking, fair_share(capacity));
}

std::vector<credit_allocator::share> credit_allocator::recall_beyond(std::uint32_t capacity) {
  const auto offered = offered_total();
  auto excess = offered > capacity ? offered - capacity : 0;
  std::vector<share> shares;
  for (auto& [node, credit] : nodes_) {
    const auto count = std::min(credit.offered, excess);
    if (credit.is_recalled || count == 0)
      continue;
    excess -= count;
    credit.is_recalled = true;
    shares.push_back({node, count});
  }
  return shares;
}

/// Recalls from nodes without demand, and leaves each of them at least `kept`.
std::vector<credit_allocator::share> credit_allocator::recall_from_others(std::uint32_t lacking,
                                                                          std::uint32_t kept) {
  std::vector<share> shares;
  for (auto& [node, credit] : nodes_) {
    if (credit.has_demand || credit.is_recalled || credit.offered <= kept || lacking == 0)
      continue;
    const auto count = std::min(credit.offered - kept, lacking);
    lacking -= count;
    credit.is_recalled = true;
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
  for (const auto& [node, credit] : nodes_)
    total += credit.offered;
  return total;
}

std::uint32_t credit_allocator::fair_share(std::uint32_t capacity) const {
  return nodes_.empty() ? capacity
                        : std::max(1U, capacity / static_cast<std::uint32_t>(nodes_.size()));
}

bool credit_allocator::has_any_demand() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const auto& node) { return node.second.has_demand; });
}

} // namespace belfry
