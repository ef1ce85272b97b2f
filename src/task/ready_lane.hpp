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

/// The ready tasks of one kind in one queue of a shard: a heap from which entries are also taken
/// back, by leaving them in and skipping them later. A task that comes again before that is in it
/// twice, and taken once.
///
/// Adding and taking cost O(log n); leaving costs O(1) and is paid when the entry comes up.
class ready_lane {
public:
  void add(const ready_entry& entry);

  /// Counts one entry as gone. `is_valid(entry)` in `front` and `take` must refuse it from now on.
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

  /// Takes out the entry that `front` returned.
  void take() {
    pop();
    --live_;
  }

private:
  void pop();

  std::vector<ready_entry> heap_;
  std::size_t live_ = 0;
};

} // namespace belfry
