#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace belfry {

/// How a worker's room for more runs is split between the nodes that may grant it some.
///
/// What is offered to one node cannot be offered to another, and never is more offered than there
/// is room for. A node that has nothing to run should not sit on what another one lacks: the nodes
/// say when they are hungry (tasks wait, and they have no credit left). Room goes to hungry nodes
/// first, evenly; what others hold beyond one run is recalled for them. Without hunger all nodes
/// hold about the same, so that a task finds credit wherever it comes due.
///
/// A worker with one node offers it everything. Not thread-safe; asks for no time. Calls cost
/// O(nodes), `give` that much for each run.
class credit_allocator {
public:
  struct share {
    std::uint64_t node = 0;
    std::uint32_t count = 0;

    friend bool operator==(const share&, const share&) = default;
  };

  /// `node` is told anew what it may grant: returns how much. `room`: how many runs the worker can
  /// take beyond those that it holds, whoever may grant them.
  std::uint32_t attach(std::uint64_t node, std::uint32_t room);
  /// `node` is gone, with what was offered to it.
  void remove(std::uint64_t node) { nodes_.erase(node); }

  /// A run that `node` granted has come.
  void granted(std::uint64_t node);
  void set_demand(std::uint64_t node, bool has_demand);
  /// `node` gives `count` back.
  void returned(std::uint64_t node, std::uint32_t count);

  /// What to offer now, and to whom; it counts as offered from now on.
  [[nodiscard]] std::vector<share> allocate(std::uint32_t room);
  /// What to ask back for hungry nodes, and of whom. No node is asked again before it has answered.
  [[nodiscard]] std::vector<share> recall(std::uint32_t room);
  /// The same so that all have about as much: when one has come.
  [[nodiscard]] std::vector<share> recall_excess(std::uint32_t room);

  [[nodiscard]] std::uint32_t offered(std::uint64_t node) const;

private:
  struct node_credit {
    std::uint32_t offered = 0;
    bool has_demand = false;
    bool is_recalled = false;
    std::uint64_t turn = 0; // When it was last given something.
  };

  [[nodiscard]] std::uint32_t offered_total() const;
  [[nodiscard]] std::uint32_t fair_share(std::uint32_t room) const;
  [[nodiscard]] bool has_any_demand() const;
  [[nodiscard]] std::vector<share> recall_from_others(std::uint32_t lacking, std::uint32_t kept);

  std::map<std::uint64_t, node_credit> nodes_;
  std::uint64_t turns_ = 0;
};

} // namespace belfry
