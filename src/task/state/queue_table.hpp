#pragma once

#include "task/lane_summary.hpp"
#include "task/ready_lane.hpp"
#include "task/rule_book.hpp"
#include "task/summaries.hpp"
#include "task/task_table.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// The queues of a shard with their settings, the counts of their tasks by state, and their lanes
/// of ready tasks. Names of queues and kinds have indexes.
///
/// A lane is kept while rules in the rule book are of its queue and kind, so while the shard knows
/// a task of them; a queue while it has lanes or settings of its own; a name while it is that of a
/// queue or a lane. What else was named is forgotten, once its last change was taken. Its index may
/// then stand for another name.
///
/// Owned by one ledger; not thread-safe. A look-up costs O(log n) in the names.
class queue_table {
public:
  struct lane_entry {
    ready_lane tasks;
    std::uint32_t queue = 0; // Its index.
    std::size_t rules = 0;   // How many in the rule book are of this lane.
    std::int32_t priority_min = std::numeric_limits<std::int32_t>::max(); // Of these, ever.
    bool has_former_entries = false; // Some may be of tasks whose rules have changed since.
    bool is_changed = false;         // Listed in changed_lanes_.
  };
  struct queue_entry {
    queue_settings settings;
    state_counts counts{};
    std::map<std::uint32_t, lane_entry> lanes; ///< by the kind's index
  };

  using lane_name = std::pair<std::uint32_t, std::uint32_t>; ///< indexes of queue and kind

  /// `tasks` and `rules`, which are theirs, decide which entries of a lane are stale.
  queue_table(const task_table& tasks, const rule_book& rules) : tasks_(tasks), rules_(rules) {}

  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index].text; }
  /// The index of `name`, which is added if it is new. It is valid until another call that does not
  /// name it, unless a queue or lane of this name is made before.
  std::uint32_t index_of(const std::string& name);
  [[nodiscard]] std::optional<std::uint32_t> find_index(const std::string& name) const;

  /// The rule book has begun to hold rules of this queue, kind and priority. Makes queue and lane.
  void add_rules(lane_name lane, std::int32_t priority);
  /// The rule book holds one less; forgets what nothing refers to any more.
  void remove_rules(lane_name lane);

  /// Requires: there is a queue with this index.
  queue_entry& at(std::uint32_t index) { return queues_.at(index); }
  /// Null if there is none.
  [[nodiscard]] const queue_entry* find(const std::string& queue) const;
  [[nodiscard]] queue_entry* find(const std::string& queue) {
    return const_cast<queue_entry*>(std::as_const(*this).find(queue));
  }
  [[nodiscard]] const std::map<std::uint32_t, queue_entry>& all() const { return queues_; }
  /// Makes the queue if it is new; forgets it if nothing but these usual settings refers to it.
  void set(queue_settings& settings);

  /// How many names are kept.
  [[nodiscard]] std::size_t name_count() const { return indexes_.size(); }

  /// The lane of tasks with these rules, which counts as changed. Requires: there is one.
  ready_lane& lane_for_update(const task_rules& rules);
  /// A task of this lane gets other rules: an entry that it has here must not count any more.
  /// Requires: there is the lane.
  void note_former_entries(lane_name lane) {
    at(lane.first).lanes.at(lane.second).has_former_entries = true;
  }
  /// A ready task is added again to the lane of these rules, since what its entry says has changed.
  /// Requires: the lane has counted its former entry as removed.
  void add_changed(const task_rules& rules, const ready_entry& entry);
  /// The entry that goes next, or null.
  const ready_entry* front(lane_entry& lane) const {
    const auto* entry =
        lane.tasks.front([&](const ready_entry& kept) { return is_valid(kept, lane); });
    if (!entry)
      lane.has_former_entries = false; // Nor any other.
    return entry;
  }

  /// The ready tasks, also of paused queues, by lane. O(lanes), and up to 10,000 steps for a lane
  /// with tasks of several priorities: if more are ready there, the oldest may be missed.
  [[nodiscard]] std::vector<ready_summary> ready_lanes() const;
  /// All lanes with ready tasks of queues that are not paused. Marks all lanes as unchanged.
  [[nodiscard]] std::vector<lane_summary> lanes();
  /// The lanes that changed since the last call of this or of `lanes`.
  [[nodiscard]] std::vector<lane_summary> take_changed_lanes();
  [[nodiscard]] bool has_changed_lanes() const { return !changed_lanes_.empty(); }

private:
  struct name_entry {
    std::string text;
    std::size_t uses = 0; // As a queue, and as the kind of a lane.
  };

  std::uint32_t free_index();
  queue_entry& queue_at(std::uint32_t index);
  void release_name(std::uint32_t index);
  void forget_if_unused(lane_name lane);
  void forget_queue_if_unused(std::uint32_t index);
  const std::vector<lane_name>& take_changed_names();

  void mark_changed(lane_entry& lane, lane_name name);
  [[nodiscard]] bool is_valid(const ready_entry& entry, const lane_entry& lane) const;
  [[nodiscard]] std::optional<instant> oldest_due(const lane_entry& lane) const;
  [[nodiscard]] lane_summary summary_of(const queue_entry& queue, lane_name name,
                                        lane_entry& lane) const;

  const task_table& tasks_;
  const rule_book& rules_;
  std::vector<name_entry> names_;
  std::set<std::uint32_t> free_;                 // Indexes in names_ that stand for no name.
  std::map<std::string, std::uint32_t> indexes_; // Into names_.
  std::map<std::uint32_t, queue_entry> queues_;  // By name index.
  std::vector<lane_name> changed_lanes_;
  std::vector<lane_name> taken_lanes_; // By take_changed_names, the last time.
};

} // namespace belfry
