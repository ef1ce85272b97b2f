#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace belfry {

/// Splits a worker's capacity for more runs into credit for the nodes that may grant them.
///
/// Credit of one node cannot be used by another, and the sum never exceeds the capacity. A node
/// without tasks should not hold credit that another node lacks: so nodes announce demand (tasks
/// wait, and no credit is left). Credit goes to nodes with demand first, evenly, and what other
/// nodes hold beyond one run is recalled for them. While no node has demand, all hold about the
/// same, so that a task finds credit wherever it comes due.
///
/// A worker with one node offers it everything. Not thread-safe; knows no time. Calls cost
/// O(nodes), `allocate` that much for each run.
class credit_allocator {
public:
  struct share {
    std::uint64_t node = 0;
    std::uint32_t count = 0;

    friend bool operator==(const share&, const share&) = default;
  };

  /// `node` gets its credit with an Attach, in place of what it had: returns how much. `capacity`:
  /// how many runs the worker can take beyond those that it holds, from all nodes together.
  std::uint32_t attach(std::uint64_t node, std::uint32_t capacity);
  /// `node` is disconnected; its credit is void.
  void remove(std::uint64_t node) { nodes_.erase(node); }

  /// A run arrived that `node` has granted.
  void granted(std::uint64_t node);
  void set_demand(std::uint64_t node, bool has_demand);
  /// `node` returns `count` of its credit.
  void returned(std::uint64_t node, std::uint32_t count);

  /// What to offer now, to which nodes; it counts as offered from now on.
  [[nodiscard]] std::vector<share> allocate(std::uint32_t capacity);
  /// What to recall for nodes with demand, from which nodes. A node that has not answered the last
  /// recall gets no other.
  [[nodiscard]] std::vector<share> recall(std::uint32_t capacity);
  /// The same for a node that has just attached, so that all hold about as much.
  [[nodiscard]] std::vector<share> recall_excess(std::uint32_t capacity);

  /// What to recall, from which nodes, because the capacity has shrunk below what they hold.
  [[nodiscard]] std::vector<share> recall_beyond(std::uint32_t capacity);

  [[nodiscard]] std::uint32_t offered(std::uint64_t node) const;

private:
  struct node_credit {
    std::uint32_t offered = 0;
    bool has_demand = false;
    bool is_recalled = false;
    std::uint64_t last_served = 0; // Grows with each node that is served.
  };

  [[nodiscard]] std::uint32_t offered_total() const;
  [[nodiscard]] std::uint32_t fair_share(std::uint32_t capacity) const;
  [[nodiscard]] bool has_any_demand() const;
  [[nodiscard]] std::vector<share> recall_from_others(std::uint32_t lacking, std::uint32_t kept);

  std::map<std::uint64_t, node_credit> nodes_;
  std::uint64_t served_count_ = 0;
};

} // namespace belfry
