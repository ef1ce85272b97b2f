#pragma once

#include "task/lane_summary.hpp"
#include "task/ready_lane.hpp"
#include "task/rule_book.hpp"
#include "task/summaries.hpp"
#include "task/task_table.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// The queues of a shard with their settings, the counts of their tasks by state, and their lanes
/// of ready tasks. Names of queues and kinds have indexes, given in the order they are first seen.
///
/// Owned by one ledger; not thread-safe.
class queue_table {
public:
  struct lane_entry {
    ready_lane tasks;
    bool is_changed = false; // Listed in changed_lanes_.
  };
  struct queue_entry {
    queue_settings settings;
    std::array<std::uint64_t, 8> counts{};     ///< by task_state
    std::map<std::uint32_t, lane_entry> lanes; ///< by the kind's index
  };

  /// `tasks` decides which entries of a lane are stale.
  explicit queue_table(const task_table& tasks) : tasks_(tasks) {}

  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index]; }
  /// The index of `name`, which is added if it is new.
  std::uint32_t index_of(const std::string& name);
  [[nodiscard]] std::optional<std::uint32_t> find_index(const std::string& name) const;

  /// The queue with this name index, which is added, with the usual settings, if it is new.
  queue_entry& at(std::uint32_t index);
  [[nodiscard]] const queue_entry* find(const std::string& queue) const;
  [[nodiscard]] const std::map<std::uint32_t, queue_entry>& all() const { return queues_; }
  /// Returns the index of the queue.
  std::uint32_t set(queue_settings& settings);

  /// The lane of tasks with these rules, which counts as changed.
  ready_lane& lane_for_update(const task_rules& rules);
  /// The entry that goes next, or null.
  const ready_entry* front(ready_lane& lane) const {
    return lane.front([this](const ready_entry& entry) { return is_valid(entry); });
  }

  /// All lanes with ready tasks of queues that are not paused. Marks all lanes as unchanged.
  [[nodiscard]] std::vector<lane_summary> lanes();
  /// The lanes that changed since the last call of this or of `lanes`.
  [[nodiscard]] std::vector<lane_summary> take_changed_lanes();
  [[nodiscard]] bool has_changed_lanes() const { return !changed_lanes_.empty(); }

private:
  using lane_name = std::pair<std::uint32_t, std::uint32_t>; // Queue and kind.

  void mark_changed(lane_entry& lane, lane_name name);
  [[nodiscard]] bool is_valid(const ready_entry& entry) const;
  [[nodiscard]] lane_summary summary_of(const queue_entry& queue, lane_name name,
                                        lane_entry& lane) const;

  const task_table& tasks_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint32_t> indexes_; // Into names_.
  std::map<std::uint32_t, queue_entry> queues_;  // By name index.
  std::vector<lane_name> changed_lanes_;
};

} // namespace belfry
