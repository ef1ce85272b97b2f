#pragma once

#include "belfry/task.hpp"

#include <cstdint>
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

private:
  void pop();

  std::vector<ready_entry> heap_;
  std::size_t live_ = 0;
};

} // namespace belfry
