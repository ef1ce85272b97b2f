#pragma once

#include "journal/membership.hpp"

#include <map>
#include <optional>
#include <vector>

namespace belfry {

/// Suspects those of whom nothing was heard for too long.
///
/// Silence is what this node has seen itself: the same `beats` in every view for `patience`, by the
/// storage's clock. Whoever was cut off from the storage for longer than `gap_max` has seen nothing
/// meanwhile and suspects nobody before another `patience`: when the storage comes back after all
/// had lost it, nobody is taken for dead (the idea of Lifeguard: Dadgar, Phillips and Currey,
/// 2018). The same holds when the storage's clock goes back, as a standby's may that takes over. It
/// may be wrong all the same; being buried costs a member its shards and nothing else.
///
/// Not thread-safe. A view costs O(members).
class silence_watch {
public:
  silence_watch(duration patience, duration gap_max) : patience_(patience), gap_max_(gap_max) {}

  /// Those of `view` that have been silent for `patience`, by id.
  [[nodiscard]] std::vector<member> silent(const cluster_view& view);

private:
  struct sign {
    std::uint64_t beats = 0;
    instant since{};
  };

  const duration patience_;
  const duration gap_max_;
  std::map<member_id, sign> signs_;
  std::optional<instant> looked_at_;
};

} // namespace belfry
