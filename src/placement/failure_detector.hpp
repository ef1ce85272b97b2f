#pragma once

#include "journal/membership.hpp"

#include <map>
#include <optional>
#include <vector>

namespace belfry {

/// Suspects the members of a cluster that have sent no heartbeat for too long.
///
/// This node measures the time itself: a member is suspected if its `heartbeats` count is the same
/// in every view for `failure_timeout`, by the storage's clock. A node that read no view for longer
/// than `gap_max` starts over and suspects no member before another `failure_timeout`. So when the
/// storage comes back after an outage, the nodes do not evict each other (the idea of Lifeguard:
/// Dadgar, Phillips and Currey, 2018). It also starts over when the storage's clock goes back, as
/// after a failover of the database. A suspicion may be wrong all the same; an evicted member loses
/// its shards and nothing else.
///
///     failure_timeout 3 s, gap_max 1.5 s, views every 0.5 s:
///     0.0 s   member b has 7 heartbeats
///     2.5 s   still 7
///     3.0 s   still 7: b is suspected
///
/// Not thread-safe. A view costs O(members).
class failure_detector {
public:
  failure_detector(duration failure_timeout, duration gap_max)
      : failure_timeout_(failure_timeout), gap_max_(gap_max) {}

  /// The members of `view` without a heartbeat for `failure_timeout`, by id.
  [[nodiscard]] std::vector<member> suspects(const cluster_view& view);

  /// Starts over: the storage shows views and takes no heartbeats, so that nobody's count grows.
  void restart();

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
