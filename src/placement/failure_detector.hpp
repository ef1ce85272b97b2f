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
class failure_detector {
public:
  failure_detector(duration failure_timeout, duration gap_max)
      : failure_timeout_(failure_timeout), gap_max_(gap_max) {}

  /// Those of `view` that have been silent for `patience`, by id.
  [[nodiscard]] std::vector<member> suspects(const cluster_view& view);

private:
  struct last_heartbeat {
    std::uint64_t heartbeats = 0;
    instant since{};
  };

  const duration failure_timeout_;
  const duration gap_max_;
  std::map<member_id, last_heartbeat> last_heartbeats_;
  std::optional<instant> last_check_;
};

} // namespace belfry
