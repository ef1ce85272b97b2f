#pragma once

#include "dispatch/lane_scheduler.hpp"
#include "dispatch/waiting_reason.hpp"
#include "dispatch/worker_pool.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry {

/// A worker session as it presents itself.
struct worker_registration {
  session_id session;
  std::vector<std::string> kinds;  ///< what it can run
  std::vector<std::string> queues; ///< what it takes from; empty: all
  std::uint32_t slots = 1;         ///< runs at the same time
  std::uint32_t credit = 0;        ///< runs that may be granted to it now
  /// How many of these can start at once; the others wait for a slot. Nothing: all.
  std::optional<std::uint32_t> slot_credit{};
};

/// Tasks of one lane of one shard for one worker.
struct assignment {
  shard_id shard;
  session_id session;
  std::string queue;
  std::string kind;
  std::size_t count = 0;

  friend bool operator==(const assignment&, const assignment&) = default;
};

/// Assigns ready tasks to free worker slots.
///
/// Queues take turns by weight, charged per task. Inside a queue the lane whose next task has the
/// greatest priority goes first, then the one that is due earlier. Among the workers that can run a
/// task, the one with the most free slots gets it, then the one with the most credit to fetch tasks
/// ahead, each relative to its slots: no task waits behind another while a slot is free. No worker
/// is assigned more than its credit. An assignment reserves credit and tasks until `record_granted`
/// says what became of it. The same calls lead to the same assignments.
///
/// Knows no time. Owned by one dispatcher; not thread-safe. `assign` costs O(log q + k + c l) per
/// candidate that it reserves: q queues with open tasks, k kinds for which workers have credit, c
/// worker groups (workers of the same kinds and queues) with credit, and l kinds open in the queue;
/// a group that is bound to certain queues adds as many steps as it names. A candidate is as large
/// as the fair shares of its queue, worker and shard allow. Lanes without tasks, kinds without
/// workers and workers without credit cost nothing.
class matcher {
public:
  matcher() : scheduler_(names_) {}
  matcher(const matcher&) = delete;
  matcher& operator=(const matcher&) = delete;

  // --- shards ---

  /// Updates the lanes of `shard`; with `is_complete`, lanes that are not named are empty.
  void update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_complete);
  /// `shard` died: its lanes are removed, its reservations become credit again, and its successor
  /// knows no worker.
  void forget(shard_id shard);

  // --- workers ---

  /// A worker attached. On a new connection no shard knows the worker, and reservations for the
  /// previous connection give no credit back. On the same one, pending reservations count as a part
  /// of the credit that the worker states.
  void attach(const worker_registration& offer, bool is_new_connection);
  /// `shard` knows the worker, and may grant it tasks.
  void admit(session_id session, shard_id shard);
  /// `shard` does not know the worker any more.
  void expel(session_id session, shard_id shard);
  [[nodiscard]] bool is_admitted(session_id session, shard_id shard) const;
  /// `count` more runs may be granted to the worker, of which `slot_credit` can start at once
  /// (nothing: all). Returns whether the session is known and `count` is not 0.
  bool add_credit(session_id session, std::uint32_t count,
                  std::optional<std::uint32_t> slot_credit = std::nullopt);
  /// Takes back up to `count` of the credit that is not reserved. Returns how much that was.
  std::uint32_t recall_credit(session_id session, std::uint32_t count);
  /// The worker has disconnected.
  void remove(session_id session);

  // --- matching ---

  /// Assigns all tasks that can be assigned now.
  [[nodiscard]] std::vector<assignment> assign();
  /// The shard granted `granted` of the tasks of an assignment. Returns whether that was pending.
  bool record_granted(const assignment& assigned, std::size_t granted);

  // --- names ---

  /// Forgets the names of queues and kinds that no lane, worker or reservation refers to. Called by
  /// `update` whenever the names have doubled, so that a name costs O(1), amortized; to be
  /// called now and then, so that they are forgotten while nothing is added. O(n) in the names, and
  /// the kinds and queues of the worker groups.
  void forget_unused_names();
  /// How many names are kept.
  [[nodiscard]] std::size_t name_count() const { return names_.size(); }

  // --- queries ---

  [[nodiscard]] waiting_reason explain(const std::string& queue, const std::string& kind) const;
  /// Whether tasks wait that the session could run if it had credit. O(its kinds and queues).
  [[nodiscard]] bool has_demand(session_id session);
  /// The credit that is not reserved; 0 if the session is not known.
  [[nodiscard]] std::uint64_t free_credit(session_id session);
  /// How many queues, lanes and workers `assign` has looked at so far.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

private:
  struct reservation {
    lane_key lane;
    session_id session;
    std::size_t count = 0;
    std::uint64_t slot_credit = 0; // The part of the credit for `count` that is for slots.
    std::uint64_t connection = 0;
    std::uint64_t update_number = 0;
  };
  /// The next reservation.
  struct candidate {
    lane_key lane;
    lane_rank rank;
    worker_pool::worker_rank worker;
    std::size_t count = 0;
  };
  using reservation_key = std::tuple<std::uint16_t, session_id, name_index, name_index>;

  std::optional<name_index> next_queue(const std::set<name_index>& skipped_queues);
  void consider(std::optional<lane_scheduler::turn>& best, const lane_scheduler::turn& turn);
  std::optional<candidate> next_candidate(name_index queue_index);
  std::optional<candidate> next_candidate(name_index queue_index, name_index kind,
                                          const lane_scheduler::group& group);
  std::optional<worker_pool::worker_rank> best_worker(std::uint16_t shard);
  std::size_t find_capable(name_index queue_index, name_index kind);
  void reserve(const candidate& next, std::map<reservation_key, reservation>& made);
  void release(const reservation& reserved, std::size_t unused);
  void add_free_credit(worker_pool::worker& worker, std::uint64_t count, std::uint64_t slot_credit);

  static constexpr std::size_t sweep_min = 1'024;

  name_table names_;
  std::size_t next_sweep_ = sweep_min; // When there are so many names.
  lane_scheduler scheduler_;
  worker_pool workers_;
  std::map<std::uint16_t, std::deque<reservation>> reservations_; // By shard, oldest first.
  std::vector<const worker_pool::worker_group*> capable_groups_;  // Set by find_capable.
  std::uint64_t steps_ = 0;
};

} // namespace belfry
