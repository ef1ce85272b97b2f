#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace belfry {

/// How much of each node's credit is for a worker's free slots: a run that is granted on it can
/// start at once, and any other waits for a slot.
///
/// The node uses this part first, and gives it back last; so both know how much is left. Together
/// the nodes get no more than there are free slots. Not thread-safe. Calls cost O(nodes).
class slot_credit {
public:
  /// `node` gets `credit`, in place of what it had. Returns how much of it is for slots. `free`:
  /// how many slots are free, here and below.
  std::uint32_t attach(std::uint64_t node, std::uint32_t credit, std::uint32_t free) {
    nodes_.erase(node);
    return add(node, credit, free);
  }
  /// `node` gets `credit` more. Returns how much of it is for slots.
  std::uint32_t add(std::uint64_t node, std::uint32_t credit, std::uint32_t free) {
    const auto promised = total();
    const auto part = std::min(credit, free > promised ? free - promised : 0);
    nodes_[node] += part;
    return part;
  }
  /// A run arrived that `node` has granted.
  void granted(std::uint64_t node) {
    if (const auto found = nodes_.find(node); found != nodes_.end() && found->second > 0)
      --found->second;
  }
  /// `node` has returned credit, and has `credit` left.
  void limit(std::uint64_t node, std::uint32_t credit) {
    if (const auto found = nodes_.find(node); found != nodes_.end())
      found->second = std::min(found->second, credit);
  }
  /// `node` is disconnected; its credit is void.
  void remove(std::uint64_t node) { nodes_.erase(node); }

private:
  [[nodiscard]] std::uint32_t total() const {
    std::uint32_t sum = 0;
    for (const auto& [node, part] : nodes_)
      sum += part;
    return sum;
  }

  std::map<std::uint64_t, std::uint32_t> nodes_;
};

} // namespace belfry
