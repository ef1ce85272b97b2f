#pragma once

#include "dispatch/matcher.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

/// A matcher that speaks of lanes and workers in one line each.
struct matcher_fixture {
  matcher match;

  static lane_summary lane(const std::string& queue, const std::string& kind, std::size_t waiting,
                           std::int32_t priority = 0, std::int64_t due_ms = 0,
                           std::uint32_t weight = 1) {
    return {queue, kind, waiting, priority, instant_of_ms(due_ms), weight};
  }
  void tell(std::uint16_t shard, const std::vector<lane_summary>& lanes, bool is_complete = false) {
    match.update(shard_id{shard}, lanes, is_complete);
  }
  /// A worker that is known to the shards 0 to `shards` less one.
  void attach(std::uint64_t session, std::vector<std::string> kinds, std::uint32_t slots,
              std::uint32_t credit, std::vector<std::string> queues = {},
              std::uint16_t shards = 2) {
    match.attach({session_id{session}, std::move(kinds), std::move(queues), slots, credit}, true);
    for (std::uint16_t shard = 0; shard < shards; ++shard)
      match.admit(session_id{session}, shard_id{shard});
  }
  /// Hands out and lets the shards grant all of it; returns what was handed out.
  std::vector<assignment> hand_out() {
    auto made = match.assign();
    for (const auto& one : made)
      match.answer(one, one.count);
    return made;
  }
  static std::size_t total(const std::vector<assignment>& made) {
    std::size_t count = 0;
    for (const auto& one : made)
      count += one.count;
    return count;
  }
  static std::map<std::string, std::size_t> by_queue(const std::vector<assignment>& made) {
    std::map<std::string, std::size_t> counts;
    for (const auto& one : made)
      counts[one.queue] += one.count;
    return counts;
  }
  static std::map<std::uint64_t, std::size_t> by_worker(const std::vector<assignment>& made) {
    std::map<std::uint64_t, std::size_t> counts;
    for (const auto& one : made)
      counts[one.session.value] += one.count;
    return counts;
  }
};

} // namespace belfry::test
