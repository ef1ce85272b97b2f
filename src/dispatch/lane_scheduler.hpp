#pragma once

#include "belfry/ids.hpp"
#include "task/lane_summary.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace belfry {

/// Stands for the name of a queue or kind while the name is kept.
using name_index = std::uint32_t;

/// Maps every name to a small number.
class name_table {
public:
  /// The index of `name`, which is added if it is new.
  name_index index_of(const std::string& name);
  /// Nothing if the name is not kept.
  [[nodiscard]] std::optional<name_index> find(const std::string& name) const;
  [[nodiscard]] const std::string& name(name_index index) const { return names_[index]; }

  /// Forgets the names whose index is not marked in `used`. Requires: `used` has `index_end()`
  /// marks. O(n) in the names.
  void keep_only(const std::vector<bool>& used);
  /// How many names are kept.
  [[nodiscard]] std::size_t size() const { return indexes_.size(); }
  /// All indexes are less than this.
  [[nodiscard]] std::size_t index_end() const { return names_.size(); }

private:
  std::vector<std::string> names_;                      // Empty: the index is free.
  std::vector<name_index> free_;                        // Those that are, greatest first.
  std::unordered_map<std::string, name_index> indexes_; // Looked up only, never walked.
};

/// The order of lanes inside a queue: greater priority first, then fewer reserved tasks (a reserved
/// task may be the one that priority and due time are of), then earlier due.
struct lane_rank {
  std::int32_t priority = 0;
  std::size_t reserved = 0;
  instant due{};
  std::uint16_t shard = 0;

  friend bool operator<(const lane_rank& left, const lane_rank& right) {
    return std::tie(right.priority, left.reserved, left.due, left.shard) <
           std::tie(left.priority, right.reserved, right.due, right.shard);
  }
};

/// Identifies the ready tasks of one kind in one queue of one shard.
struct lane_key {
  name_index queue = 0;
  name_index kind = 0;
  std::uint16_t shard = 0;
};

/// The ready tasks of all shards of a node by lane, and the order in which queues take turns.
///
/// Stride scheduling (Waldspurger and Weihl, 1995): every assigned task advances the `pass` of its
/// queue by a stride, which is smaller for a greater weight, and the queue with the smallest pass
/// goes first. A queue that had no open tasks starts at the pass of the others, so that it gets no
/// extra share for the time before.
///
/// Reserved tasks, which were requested of a shard and not answered yet, do not count as open.
/// Owned by one matcher; not thread-safe. A change of a lane costs O(log n) in the lanes, a charge
/// O(k log q) for the k kinds that wait in the queue.
class lane_scheduler {
public:
  /// The lanes of one kind in one queue.
  struct group {
    struct lane {
      std::size_t waiting = 0;  ///< by the latest update, less what the shard granted since
      std::size_t reserved = 0; ///< requested of the shard and not answered yet
      std::int32_t priority = 0;
      instant due{};
      std::uint64_t update_number = 0; ///< of the latest update of this lane

      [[nodiscard]] std::size_t open() const { return waiting > reserved ? waiting - reserved : 0; }
    };

    std::map<std::uint16_t, lane> lanes; ///< by shard
    std::set<lane_rank> open;            ///< the lanes that have open tasks
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

  /// Updates the lanes of `shard`; with `is_complete`, lanes that are not named are empty.
  void update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_complete);
  /// Forgets all lanes of `shard`.
  void forget(shard_id shard);

  /// Reserves `count` open tasks of `lane` and charges the queue. Returns the number of the latest
  /// update of the lane.
  std::uint64_t reserve(const lane_key& lane, std::size_t count);
  /// The shard granted `granted` of the `count` tasks that were reserved when `update_number` was
  /// the latest update. The charge for the others is refunded.
  void record_granted(const lane_key& lane, std::size_t count, std::size_t granted,
                      std::uint64_t update_number);
  /// Refunds the charge for `count` tasks.
  void refund(name_index queue_index, std::size_t count);

  /// Forgets what is known of queues without lanes, as far as it makes no difference to the turns,
  /// and marks the names that are still needed in `used`.
  void forget_idle(std::vector<bool>& used);
  /// Indexes of names from `end` on stand for no name: frees the memory for them. Requires:
  /// `forget_idle` was called, and none of them was in use.
  void shrink(std::size_t end);

  /// The queues in which `kind` has open tasks, in the order of their turns.
  [[nodiscard]] const std::set<turn>& turns_of(name_index kind) const;
  /// Null if no update has named the queue.
  [[nodiscard]] const queue* find(name_index queue_index) const;
  /// The weights of all open queues together.
  [[nodiscard]] std::uint64_t weight_total() const { return weight_total_; }

private:
  template <class Change>
  void change(const lane_key& key, Change apply);
  void open(queue& opened, const lane_key& key);
  void close(queue& closed, const lane_key& key);
  void set_pass(name_index queue_index, queue& charged, std::uint64_t pass);
  void set_weight(queue& changed, std::uint32_t weight);
  queue& queue_at(name_index index);
  std::set<turn>& turns_at(name_index kind);

  name_table& names_;
  std::vector<std::unique_ptr<queue>> queues_; // By name; null if the name is only that of a kind.
  std::vector<std::set<turn>> turns_;          // By kind.
  std::map<std::uint16_t, std::set<std::pair<name_index, name_index>>> by_shard_; // Queue, kind.
  std::uint64_t weight_total_ = 0;
  std::uint64_t global_pass_ = 0; // Of the queue that had the latest turn.
  std::uint64_t last_update_ = 0;
};

} // namespace belfry
