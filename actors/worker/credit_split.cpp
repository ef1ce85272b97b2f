#include "worker/credit_split.hpp"

#include <algorithm>
#include <tuple>

namespace belfry {

std::uint32_t credit_split::attach(std::uint64_t node, std::uint32_t room) {
  auto& mine = nodes_[node];
  mine = {};
  const auto others = offered_total();
  const auto left = room > others ? room - others : 0;
  mine.offered = nodes_.size() == 1 ? left : std::min(left, fair_share(room));
  return mine.offered;
}

void credit_split::granted(std::uint64_t node) {
  if (const auto found = nodes_.find(node); found != nodes_.end() && found->second.offered > 0)
    --found->second.offered;
}

void credit_split::set_hungry(std::uint64_t node, bool is_hungry) {
  if (const auto found = nodes_.find(node); found != nodes_.end())
    found->second.is_hungry = is_hungry;
}

void credit_split::returned(std::uint64_t node, std::uint32_t count) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end())
    return;
  found->second.is_recalled = false;
  found->second.offered -= std::min(found->second.offered, count);
}

std::vector<credit_split::share> credit_split::give(std::uint32_t room) {
  std::map<std::uint64_t, std::uint32_t> gifts;
  const auto offered = offered_total();
  auto left = room > offered && !nodes_.empty() ? room - offered : 0;
  const bool is_for_hungry = is_any_hungry();
  for (; left > 0; --left) {
    auto best = nodes_.end();
    for (auto at = nodes_.begin(); at != nodes_.end(); ++at) {
      if (is_for_hungry && !at->second.is_hungry)
        continue;
      const auto rank = [](const part& one) { return std::tie(one.offered, one.turn); };
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

std::vector<credit_split::share> credit_split::recall(std::uint32_t room) {
  std::uint32_t lacking = 0;
  for (const auto& [node, one] : nodes_)
    if (one.is_hungry)
      lacking += fair_share(room) - std::min(fair_share(room), one.offered);
  return ask_back(lacking, room >= nodes_.size() ? 1 : 0);
}

std::vector<credit_split::share> credit_split::level(std::uint32_t room) {
  std::uint32_t lacking = 0;
  for (const auto& [node, one] : nodes_)
    lacking += fair_share(room) - std::min(fair_share(room), one.offered);
  return ask_back(lacking, fair_share(room));
}

/// Of those who are not hungry, down to `kept` each.
std::vector<credit_split::share> credit_split::ask_back(std::uint32_t lacking, std::uint32_t kept) {
  std::vector<share> shares;
  for (auto& [node, one] : nodes_) {
    if (one.is_hungry || one.is_recalled || one.offered <= kept || lacking == 0)
      continue;
    const auto count = std::min(one.offered - kept, lacking);
    lacking -= count;
    one.is_recalled = true;
    shares.push_back({node, count});
  }
  return shares;
}

std::uint32_t credit_split::offered(std::uint64_t node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? 0 : found->second.offered;
}

std::uint32_t credit_split::offered_total() const {
  std::uint32_t total = 0;
  for (const auto& [node, one] : nodes_)
    total += one.offered;
  return total;
}

std::uint32_t credit_split::fair_share(std::uint32_t room) const {
  return nodes_.empty() ? room : std::max(1U, room / static_cast<std::uint32_t>(nodes_.size()));
}

bool credit_split::is_any_hungry() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const auto& one) { return one.second.is_hungry; });
}

} // namespace belfry
