#pragma once

#include "dispatch/lane_scheduler.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace belfry {

/// Which workers there are, what each can run, and who has room for more.
///
/// Workers that run the same kinds from the same queues form a crew. Inside a crew those with
/// credit stand in order of how much of their slots it is, so that load spreads; a worker without
/// credit costs nothing. Owned by one matcher; not thread-safe. A change of a worker's credit costs
/// O(log w) in its crew, and O(k) in its kinds when it is the crew's first or last credit.
class worker_pool {
public:
  /// Where a worker stands in its crew: most free credit relative to its slots first.
  struct worker_rank {
    std::uint64_t free = 0;
    std::uint64_t slots = 1;
    session_id session;

    friend bool operator<(const worker_rank& left, const worker_rank& right) {
      const auto mine = left.free * right.slots;
      const auto other = right.free * left.slots;
      return mine != other ? mine > other : left.session < right.session;
    }
  };

  struct worker_group {
    std::vector<name_index> kinds;  ///< sorted
    std::vector<name_index> queues; ///< sorted; empty: all
    std::size_t worker_count = 0;
    std::uint32_t number = 0;
    std::set<worker_rank> free;

    [[nodiscard]] bool runs(name_index kind) const;
    [[nodiscard]] bool takes_from(name_index queue_index) const;
  };

  /// One worker session.
  struct member {
    worker_group* in = nullptr;
    worker_rank at;
    std::uint64_t connection = 0; ///< which of its connections this is
    std::size_t asked = 0;        ///< tasks asked of shards for it, not yet answered
    std::uint64_t overcommitted =
        0;                      ///< part of `asked` beyond its credit: used up by what comes back
    std::vector<bool> admitted; ///< the shards that know it
  };

  /// Adds a session, or takes over what it says anew; a new one is not admitted to any shard.
  member& upsert(session_id session, std::vector<name_index> kinds, std::vector<name_index> queues,
                 std::uint32_t slots);
  void remove(session_id session);
  /// Null if there is no such session.
  [[nodiscard]] member* find(session_id session);

  void set_free_credit(member& one, std::uint64_t free);
  /// No session is admitted to `shard` any more.
  void forget_shard(shard_id shard);

  /// Credit of all sessions together.
  [[nodiscard]] std::uint64_t free_credit_total() const { return free_credit_total_; }
  [[nodiscard]] const std::map<std::pair<std::vector<name_index>, std::vector<name_index>>,
                               worker_group>&
  worker_groups() const {
    return worker_groups_;
  }
  /// Crews in which somebody has credit, by number.
  [[nodiscard]] const std::map<std::uint32_t, const worker_group*>& available_groups() const {
    return available_groups_;
  }
  /// The kinds for which a crew that takes from all queues has credit.
  [[nodiscard]] const std::map<name_index, std::size_t>& available_kinds() const {
    return available_kinds_;
  }
  /// Whether `session` may be granted tasks of `shard`.
  [[nodiscard]] bool is_admitted(session_id session, std::uint16_t shard) const;

private:
  void open(worker_group& one);
  void close(worker_group& one);

  std::map<session_id, member> workers_;
  std::map<std::pair<std::vector<name_index>, std::vector<name_index>>, worker_group>
      worker_groups_;
  std::map<std::uint32_t, const worker_group*> available_groups_;
  std::map<name_index, std::size_t> available_kinds_;
  std::uint64_t free_credit_total_ = 0;
  std::uint64_t next_connection_ = 1;
  std::uint32_t next_group_ = 1;
};

} // namespace belfry
