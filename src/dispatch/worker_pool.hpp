#pragma once

#include "dispatch/lane_scheduler.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace belfry {

/// The attached workers, what each can run, and which have credit.
///
/// Workers that run the same kinds from the same queues form a group. Inside a group the workers
/// with credit are ordered by their free slots, then by their credit, both relative to all their
/// slots, so that load spreads; a worker without credit costs nothing. Owned by one matcher; not
/// thread-safe. A change of a worker's credit costs O(log w) in its group, and O(k) in its kinds
/// when it is the group's first or last credit.
class worker_pool {
public:
  /// The order of workers in a group: most free slots first, then most free credit, relative to
  /// slots.
  struct worker_rank {
    std::uint64_t free = 0;       ///< credit
    std::uint64_t free_slots = 0; ///< the part of `free` that is for slots: used first
    std::uint64_t slots = 1;
    session_id session;

    friend bool operator<(const worker_rank& left, const worker_rank& right) {
      const auto compare = [&](std::uint64_t mine, std::uint64_t other) {
        return mine * right.slots <=> other * left.slots;
      };
      if (const auto order = compare(left.free_slots, right.free_slots); order != 0)
        return order > 0;
      if (const auto order = compare(left.free, right.free); order != 0)
        return order > 0;
      return left.session < right.session;
    }
  };

  struct worker_group {
    std::vector<name_index> kinds;  ///< sorted
    std::vector<name_index> queues; ///< sorted; empty: all
    std::size_t worker_count = 0;
    std::uint32_t number = 0;
    std::set<worker_rank> available; ///< workers with credit

    [[nodiscard]] bool runs(name_index kind) const;
    [[nodiscard]] bool takes_from(name_index queue_index) const;
  };

  /// One worker session.
  struct worker {
    worker_group* group = nullptr;
    worker_rank rank;
    std::uint64_t connection = 0; ///< the number of its connection
    std::size_t reserved = 0;     ///< tasks requested of shards for it and not answered yet
    /// The part of `reserved` beyond its credit; returned credit settles it first.
    std::uint64_t overcommitted = 0;
    std::vector<bool> admitted_shards; ///< by index, whether the shard knows it
  };

  /// Adds a session, or updates its kinds, queues and slots. A new session is not admitted to any
  /// shard.
  worker& upsert(session_id session, std::vector<name_index> kinds, std::vector<name_index> queues,
                 std::uint32_t slots);
  void remove(session_id session);
  /// Null if there is no such session.
  [[nodiscard]] worker* find(session_id session);

  /// `free_slots`: how much of it is for slots; more than all counts as all.
  void set_free_credit(worker& changed, std::uint64_t free, std::uint64_t free_slots);
  /// No session is admitted to `shard` any more.
  void forget_shard(shard_id shard);

  /// The unreserved credit of all sessions together.
  [[nodiscard]] std::uint64_t free_credit_total() const { return free_credit_total_; }
  [[nodiscard]] const std::map<std::pair<std::vector<name_index>, std::vector<name_index>>,
                               worker_group>&
  worker_groups() const {
    return worker_groups_;
  }
  /// Groups in which a worker has credit, by number.
  [[nodiscard]] const std::map<std::uint32_t, const worker_group*>& available_groups() const {
    return available_groups_;
  }
  /// By kind, how many groups that take from all queues have credit.
  [[nodiscard]] const std::map<name_index, std::size_t>& available_kinds() const {
    return available_kinds_;
  }
  /// Whether `session` may be granted tasks of `shard`.
  [[nodiscard]] bool is_admitted(session_id session, std::uint16_t shard) const;

private:
  void add_available(worker_group& group);
  void remove_available(worker_group& group);

  std::map<session_id, worker> workers_;
  std::map<std::pair<std::vector<name_index>, std::vector<name_index>>, worker_group>
      worker_groups_;
  std::map<std::uint32_t, const worker_group*> available_groups_;
  std::map<name_index, std::size_t> available_kinds_;
  std::uint64_t free_credit_total_ = 0;
  std::uint64_t next_connection_ = 1;
  std::uint32_t next_group_ = 1;
};

} // namespace belfry
