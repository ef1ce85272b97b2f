#pragma once

#include "task/task_record.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry {

/// The tasks of one shard by serial number.
///
/// Serials are given in order and most tasks are removed in about that order, so the table is a
/// window of pages over them: finding, adding and removing take constant time, walking goes in
/// order of serial. A page is freed with its last task. The serials of two epochs may be far apart:
/// tasks behind a large gap begin a new window, and finding a task in an earlier window takes
/// O(log n) in the windows, of which there is at most one for each epoch that still has tasks.
class task_table {
public:
  /// The task with `serial`, or null.
  [[nodiscard]] task_record* find(std::uint64_t serial) {
    const auto* page = page_at(serial / page_size);
    return page ? page->records[serial % page_size].get() : nullptr;
  }
  [[nodiscard]] const task_record* find(std::uint64_t serial) const {
    return const_cast<task_table*>(this)->find(serial);
  }

  /// Adds an empty record for `serial`.
  /// Requires: there is none yet, and no page before that of `serial` has been freed.
  task_record& add(std::uint64_t serial);

  /// Requires: `serial` is in the table.
  void remove(std::uint64_t serial);

  /// The first task with a serial greater than `serial`, or null.
  [[nodiscard]] const task_record* next_after(std::uint64_t serial) const;

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Replaces the payload of `record`, which is of this table.
  void set_payload(task_record& record, std::string_view bytes) {
    payload_bytes_ += bytes.size();
    payload_bytes_ -= record.payload.size();
    record.payload = fixed_bytes(bytes);
  }
  /// Of all tasks.
  [[nodiscard]] std::size_t payload_bytes() const { return payload_bytes_; }

  // --- for snapshots ---

  static constexpr std::uint64_t page_size = 256;

  /// Numbers of all pages, in order.
  [[nodiscard]] std::vector<std::uint64_t> pages() const;
  /// Whether a task of the page was changed since `mark_clean`; false if there is no such page.
  [[nodiscard]] bool is_dirty(std::uint64_t page) const {
    const auto* found = page_at(page);
    return found && found->is_dirty;
  }
  void mark_clean(std::uint64_t page) {
    if (auto* found = page_at(page); found && std::exchange(found->is_dirty, false))
      dirty_size_ -= found->live;
  }
  /// Notes that the task with `serial` changes or is added.
  void mark_dirty(std::uint64_t serial) {
    if (auto* found = page_at(serial / page_size); found && !std::exchange(found->is_dirty, true))
      dirty_size_ += found->live;
  }
  /// How many tasks there are in changed pages.
  [[nodiscard]] std::size_t dirty_size() const { return dirty_size_; }

private:
  struct leaf {
    std::array<std::unique_ptr<task_record>, page_size> records;
    std::uint32_t live = 0;
    bool is_dirty = false;
  };

  /// Pages in a row; null: without tasks.
  struct window {
    std::deque<std::unique_ptr<leaf>> pages;
    std::uint64_t first = 0; // The number of the page at the front.

    [[nodiscard]] std::uint64_t end() const { return first + pages.size(); }
    void free_page(std::uint64_t number);
    /// The first task with a serial of at least `serial`, or null.
    [[nodiscard]] const task_record* first_from(std::uint64_t serial) const;
  };

  [[nodiscard]] leaf* page_at(std::uint64_t number) const {
    // A number before the first wraps round.
    if (number - latest_.first < latest_.pages.size())
      return latest_.pages[number - latest_.first].get();
    return earlier_.empty() ? nullptr : earlier_page_at(number);
  }
  [[nodiscard]] leaf* earlier_page_at(std::uint64_t number) const;
  [[nodiscard]] std::size_t earlier_index(std::uint64_t number) const;
  void extend_to(std::uint64_t number);

  window latest_;
  std::deque<window> earlier_; // In order; none is empty.
  std::size_t size_ = 0;
  std::size_t dirty_size_ = 0;
  std::size_t payload_bytes_ = 0;
};

} // namespace belfry
