#pragma once

#include "belfry/ids.hpp"
#include "task/lane_summary.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace belfry {

/// Stands for the name of a queue or kind; given out in the order in which names are first seen.
using name_index = std::uint32_t;

/// Gives every name a small number. Names are kept for ever.
class name_table {
public:
  name_index index_of(const std::string& name);
  [[nodiscard]] const std::string& name(name_index index) const { return names_[index]; }

private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, name_index> indexes_; // Looked up only, never walked.
};

/// Where a lane of a shard stands among the lanes of its queue: greater priority first, then the
/// one that is asked for fewer tasks just now (what its next task is, is not known), then earlier
/// due.
struct lane_rank {
  std::int32_t priority = 0;
  std::size_t asked = 0;
  instant due{};
  std::uint16_t shard = 0;

  friend bool operator<(const lane_rank& left, const lane_rank& right) {
    return std::tie(right.priority, left.asked, left.due, left.shard) <
           std::tie(left.priority, right.asked, right.due, right.shard);
  }
};

/// Names the ready tasks of one kind in one queue of one shard.
struct lane_key {
  name_index queue = 0;
  name_index kind = 0;
  std::uint16_t shard = 0;
};

/// What waits for workers in all shards of a node, and whose turn it is.
///
/// A queue's turn comes by stride: every task handed out moves its `pass` on by one stride, which
/// is the smaller the greater its weight, and the queue with the smallest pass goes first. A queue
/// that had nothing to hand out, or nobody to hand it to, starts at the pass of the others: it does
/// not save up a claim.
///
/// What is asked of a shard and not yet answered does not count as open. Owned by one matcher; not
/// thread-safe. A change of a lane costs O(log n) in the lanes, a charge O(k log q) for the k kinds
/// that wait in the queue.
class lane_scheduler {
public:
  /// The lanes of one kind in one queue.
  struct group {
    struct lane {
      std::size_t waiting = 0; ///< as told by the shard, less what it granted since
      std::size_t asked = 0;   ///< of it, and not yet answered
      std::int32_t priority = 0;
      instant due{};
      std::uint64_t update_number = 0; ///< the number of the update that told it

      [[nodiscard]] std::size_t open() const { return waiting > asked ? waiting - asked : 0; }
    };

    std::map<std::uint16_t, lane> lanes; ///< by shard
    std::set<lane_rank> open;            ///< of the lanes that have open tasks
  };

  struct queue {
    std::uint32_t weight = 1;
    std::uint64_t pass = 0;
    std::size_t open_groups = 0;
    std::map<name_index, group> groups; ///< by kind

    [[nodiscard]] bool is_open() const { return open_groups > 0; }
  };

  using turn = std::pair<std::uint64_t, name_index>; ///< pass and queue

  explicit lane_scheduler(name_table& names) : names_(names) {}

  /// Takes over what `shard` tells; with `is_complete`, lanes it does not name are empty.
  void update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_complete);
  /// Forgets all lanes of `shard`.
  void forget(shard_id shard);

  /// Counts `count` open tasks of `lane` as asked for and charges the queue. Returns the number of
  /// the update that told the lane.
  std::uint64_t ask(const lane_key& lane, std::size_t count);
  /// The shard granted `granted` of the `count` that were asked for when update `told` was the
  /// latest. What it did not grant is not charged.
  void answer(const lane_key& lane, std::size_t count, std::size_t granted,
              std::uint64_t update_number);
  /// Takes a charge for `count` tasks back.
  void refund(name_index queue_index, std::size_t count);

  /// The queues in which `kind` has open tasks, next turn first.
  [[nodiscard]] const std::set<turn>& turns_of(name_index kind) const;
  /// Null if the queue was never told of.
  [[nodiscard]] const queue* find(name_index queue_index) const;
  /// The weights of all open queues together.
  [[nodiscard]] std::uint64_t weight_total() const { return weight_total_; }

private:
  template <class Change>
  void change(const lane_key& name, Change apply);
  void open(queue& one, const lane_key& name);
  void close(queue& one, const lane_key& name);
  void set_pass(name_index queue_index, queue& one, std::uint64_t pass);
  void set_weight(queue& one, std::uint32_t weight);
  queue& queue_at(name_index index);
  std::set<turn>& turns_at(name_index kind);

  name_table& names_;
  std::vector<std::unique_ptr<queue>> queues_; // By name; null where the name is not a queue's.
  std::vector<std::set<turn>> turns_;          // By name of kind.
  std::map<std::uint16_t, std::set<std::pair<name_index, name_index>>> by_shard_; // Queue, kind.
  std::uint64_t weight_total_ = 0;
  std::uint64_t global_pass_ = 0; // The pass of the queue that had its turn last.
  std::uint64_t last_update_ = 0;
};

} // namespace belfry
