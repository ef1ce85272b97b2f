#pragma once

#include "belfry/task.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace belfry {

/// One task that waits for a worker. Greater priority goes first, then earlier due, then lower id.
struct ready_entry {
  std::int32_t priority = 0;
  instant due{};
  task_id id;

  /// Whether `other` goes before this one.
  [[nodiscard]] bool is_after(const ready_entry& other) const {
    if (priority != other.priority)
      return priority < other.priority;
    if (due != other.due)
      return due > other.due;
    return id > other.id;
  }
};

/// The ready tasks of one kind in one queue of a shard: a heap with lazy deletion. A removed
/// entry stays in the heap and is skipped later; a task that is added again before that has two
/// entries, and the second is skipped.
///
/// Adding and skipping cost O(log n), removing O(1).
class ready_lane {
public:
  void add(const ready_entry& entry);

  /// Counts one entry as removed. `is_valid(entry)` must be false of it from now on.
  void mark_removed() { --live_; }

  /// How many tasks wait here.
  [[nodiscard]] std::size_t size() const { return live_; }

  /// The entry that goes next, or null. Drops entries that `is_valid` refuses.
  template <class IsValid>
  const ready_entry* front(IsValid is_valid) {
    while (!heap_.empty() && !is_valid(heap_.front()))
      pop();
    return heap_.empty() ? nullptr : &heap_.front();
  }

  /// The due instant of the task that has waited longest, of whatever priority; nothing: none
  /// waits. No task's priority is less than `priority_min`. Looks at the tasks of greater priority,
  /// and at `steps_max` entries at most: beyond that, an older task may be missed.
  template <class IsValid>
  [[nodiscard]] std::optional<instant> oldest_due(IsValid is_valid, std::int32_t priority_min,
                                                  std::size_t steps_max) const {
    std::optional<instant> oldest;
    std::vector<std::size_t> open; // Where older tasks may be.
    if (!heap_.empty())
      open.push_back(0);
    for (std::size_t steps = 0; !open.empty() && steps < steps_max; ++steps) {
      const auto index = open.back();
      open.pop_back();
      const auto& entry = heap_[index];
      const bool counts = is_valid(entry);
      if (counts)
        oldest = oldest ? std::min(*oldest, entry.due) : entry.due;
      // What is below an entry is of less priority, or due later.
      if (counts && entry.priority <= priority_min)
        continue;
      for (const auto child : {2 * index + 1, 2 * index + 2})
        if (child < heap_.size())
          open.push_back(child);
    }
    return oldest;
  }

  /// Drops the entries that `is_valid` refuses, and second ones of a task, once they are most:
  /// O(log n) for each entry that was added.
  template <class IsValid>
  void drop_stale_if_many(IsValid is_valid) {
    if (heap_.size() < 2 * live_ + stale_min)
      return;
    std::erase_if(heap_, [&](const ready_entry& entry) { return !is_valid(entry); });
    drop_second_entries();
  }

  /// How many entries are kept, stale ones among them.
  [[nodiscard]] std::size_t entry_count() const { return heap_.size(); }

private:
  static constexpr std::size_t stale_min = 64; // Fewer are not worth the work.

  void pop();
  void drop_second_entries();

  std::vector<ready_entry> heap_;
  std::size_t live_ = 0;
};

} // namespace belfry
