#pragma once

#include "dispatch/matcher.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

/// A matcher, with short calls for lanes and workers.
struct matcher_fixture {
  matcher match;

  static lane_summary lane(const std::string& queue, const std::string& kind, std::size_t waiting,
                           std::int32_t priority = 0, std::int64_t due_ms = 0,
                           std::uint32_t weight = 1) {
    return {.queue = queue,
            .kind = kind,
            .waiting = waiting,
            .priority = priority,
            .due = instant_of_ms(due_ms),
            .weight = weight};
  }
  static assignment assigned(std::uint16_t shard, std::uint64_t session, const std::string& queue,
                             const std::string& kind, std::size_t count) {
    return {.shard = shard_id{shard},
            .session = session_id{session},
            .queue = queue,
            .kind = kind,
            .count = count};
  }
  void update(std::uint16_t shard, const std::vector<lane_summary>& lanes,
              bool is_complete = false) {
    match.update(shard_id{shard}, lanes, is_complete);
  }
  /// Attaches a worker that the shards 0 to `shards` - 1 know.
  void attach(std::uint64_t session, std::vector<std::string> kinds, std::uint32_t slots,
              std::uint32_t credit, std::vector<std::string> queues = {},
              std::uint16_t shards = 2) {
    match.attach({.session = session_id{session},
                  .kinds = std::move(kinds),
                  .queues = std::move(queues),
                  .slots = slots,
                  .credit = credit},
                 true);
    for (std::uint16_t shard = 0; shard < shards; ++shard)
      match.admit(session_id{session}, shard_id{shard});
  }
  /// Assigns, and lets the shards grant all of it; returns what was assigned.
  std::vector<assignment> assign_and_grant() {
    auto made = match.assign();
    for (const auto& each : made)
      match.record_granted(each, each.count);
    return made;
  }
  static std::size_t total(const std::vector<assignment>& made) {
    std::size_t count = 0;
    for (const auto& each : made)
      count += each.count;
    return count;
  }
  static std::map<std::string, std::size_t> by_queue(const std::vector<assignment>& made) {
    std::map<std::string, std::size_t> counts;
    for (const auto& each : made)
      counts[each.queue] += each.count;
    return counts;
  }
  static std::map<std::uint64_t, std::size_t> by_worker(const std::vector<assignment>& made) {
    std::map<std::uint64_t, std::size_t> counts;
    for (const auto& each : made)
      counts[each.session.value] += each.count;
    return counts;
  }
};

} // namespace belfry::test
