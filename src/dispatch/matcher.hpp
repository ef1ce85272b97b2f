#pragma once

#include "dispatch/lane_scheduler.hpp"
#include "dispatch/worker_pool.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// A worker session as it presents itself.
struct worker_registration {
  session_id session;
  std::vector<std::string> kinds;  ///< what it can run
  std::vector<std::string> queues; ///< what it takes from; empty: all
  std::uint32_t slots = 1;         ///< runs at the same time
  std::uint32_t credit = 0;        ///< runs that may be granted to it now
};

/// So many tasks of one lane of one shard for one worker.
struct assignment {
  shard_id shard;
  session_id session;
  std::string queue;
  std::string kind;
  std::size_t count = 0;

  friend bool operator==(const assignment&, const assignment&) = default;
};

/// Why ready tasks of one kind in one queue are not running.
enum class waiting_reason : std::uint8_t {
  no_worker,           ///< no worker is attached at all
  no_worker_for_kind,  ///< none of the workers runs the kind
  no_worker_for_queue, ///< workers run the kind, but none of them takes from the queue
  all_slots_busy,      ///< workers would take it, but none has credit
  being_assigned,      ///< a worker has credit: it is on its way, or about to be
};

/// `no_worker`, `no_worker_for_kind`, …
std::string_view to_string(waiting_reason reason);
/// For people; of tasks of `kind` in `queue`.
[[nodiscard]] std::string explanation_of(waiting_reason reason, const std::string& queue,
                                         const std::string& kind);

/// Brings ready tasks and free worker slots together.
///
/// Turns go round the queues by weight, charged per task; inside a queue the lane whose next task
/// has the greatest priority goes first, then the earlier due; among the workers that can run it,
/// the one with the most free credit relative to its slots. Nothing is assigned beyond credit. An
/// assignment reserves credit and tasks until `answer` says what became of it. The same calls give
/// the same assignments.
///
/// Knows no time. Owned by one dispatcher; not thread-safe. `assign` costs per piece it hands out
/// O(log q + k + c l): q queues with open tasks, k kinds for which workers have credit, c crews
/// (workers of the same kinds and queues) with credit and the l kinds open in the queue; a crew
/// bound to certain queues adds as many steps as it names. A piece is as large as the fair shares
/// of its queue, worker and shard allow. Lanes without tasks, kinds without workers and workers
/// without credit cost nothing.
class matcher {
public:
  matcher() : scheduler_(names_) {}
  matcher(const matcher&) = delete;
  matcher& operator=(const matcher&) = delete;

  // --- shards ---

  /// Takes over what `shard` tells of its lanes; with `is_complete`, those it does not name are
  /// empty.
  void update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_complete);
  /// `shard` died: its lanes are gone, what was asked of it goes back as credit, and no worker is
  /// known to its successor.
  void forget(shard_id shard);

  // --- workers ---

  /// A worker attached. On a new connection it is known to no shard, and what was asked for its
  /// earlier one gives no credit back. Otherwise what is still asked for it counts as part of the
  /// credit that it tells.
  void attach(const worker_registration& offer, bool is_new_connection);
  /// `shard` knows the worker: it may be granted tasks of it.
  void admit(session_id session, shard_id shard);
  /// `shard` does not know it any more.
  void expel(session_id session, shard_id shard);
  [[nodiscard]] bool is_admitted(session_id session, shard_id shard) const;
  /// So many more runs may be granted to it. Returns whether the session is known and this changes
  /// anything.
  bool add_credit(session_id session, std::uint32_t count);
  /// Takes up to `count` of its credit back. Returns how much there was.
  std::uint32_t recall_credit(session_id session, std::uint32_t count);
  /// The worker is gone.
  void remove(session_id session);

  // --- matching ---

  /// Hands out all that can be handed out now.
  [[nodiscard]] std::vector<assignment> assign();
  /// The shard granted `granted` of the tasks of an assignment. Returns whether it was expected.
  bool answer(const assignment& asked, std::size_t granted);

  // --- telling ---

  [[nodiscard]] waiting_reason explain(const std::string& queue, const std::string& kind);
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
    std::uint64_t connection = 0;
    std::uint64_t update_number = 0;
  };
  /// Where the next piece goes.
  struct candidate {
    lane_key lane;
    lane_rank rank;
    worker_pool::worker_rank worker;
    std::size_t count = 0;
  };
  using reservation_key = std::tuple<std::uint16_t, session_id, name_index, name_index>;

  std::optional<name_index> next_queue(const std::set<name_index>& skipped_queues);
  void consider(std::optional<lane_scheduler::turn>& best, const lane_scheduler::turn& one);
  std::optional<candidate> next_candidate(name_index queue_index);
  std::optional<candidate> next_candidate(name_index queue_index, name_index kind,
                                          const lane_scheduler::group& in);
  std::optional<worker_pool::worker_rank> best_worker(std::uint16_t shard);
  std::size_t find_capable(name_index queue_index, name_index kind);
  void reserve(const candidate& one, std::map<reservation_key, reservation>& made);
  void release(const reservation& one, std::size_t count);
  void add_free_credit(worker_pool::member& to, std::uint64_t count);

  name_table names_;
  lane_scheduler scheduler_;
  worker_pool workers_;
  std::map<std::uint16_t, std::deque<reservation>>
      reservations_; // By shard, in the order of asking.
  std::vector<const worker_pool::worker_group*>
      capable_groups_; // Found by find_capable; kept for its memory.
  std::uint64_t steps_ = 0;
};

} // namespace belfry
