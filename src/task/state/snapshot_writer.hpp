#pragma once

#include "task/state/ledger_state.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace belfry {

/// Writes what a shard knows as the parts of a snapshot.
///
/// Tasks are written by page of the table, and only pages that changed since the last snapshot, so
/// a million tasks that wait for next week are written once. A snapshot takes many steps, with
/// commands between them, and shows what was known when it began: of a task that changes before its
/// page is written, the image from before is kept until then.
///
/// Owned by one ledger; not thread-safe.
class snapshot_writer {
public:
  explicit snapshot_writer(ledger_state& state) : state_(state) {}

  /// Begins a snapshot of all that is applied now: writes the metadata part to `sink`, which must
  /// live until the snapshot is done.
  void begin(snapshot_sink& sink);
  /// Writes up to `count` further pages that changed since the last snapshot. Returns whether the
  /// snapshot is done. Requires: a snapshot is under way.
  bool write_pages(std::size_t count);
  /// Aborts the snapshot; the next one writes everything that this one has.
  void abort();

  /// About how many bytes a snapshot would write now.
  [[nodiscard]] std::size_t bytes() const;
  /// How many images are kept for the snapshot under way.
  [[nodiscard]] std::size_t before_image_count() const { return before_image_count_; }
  /// The pages that existed when the snapshot began.
  [[nodiscard]] const std::vector<std::uint64_t>& pages() const { return pages_; }

  /// Called before every change of a task: the task with `serial` is about to change or to be
  /// added.
  void mark_dirty(std::uint64_t serial) {
    if (sink_)
      save_before_image(serial);
    state_.tasks.mark_dirty(serial);
  }

private:
  /// Of tasks that changed since, by serial, what the snapshot is to show; nothing: not at all.
  using before_images = std::map<std::uint64_t, std::optional<task_restored>>;
  struct before_image_page {
    explicit before_image_page(bool is_clean) : was_clean(is_clean) {}
    bool was_clean; // Then the page is not written.
    before_images images;
  };

  void write_metadata();
  void save_before_image(std::uint64_t serial);
  void write_page(std::uint64_t page, const before_images& images);
  [[nodiscard]] bool is_persistent(const task_record& record) const;
  [[nodiscard]] task_restored image_of(const task_record& record) const;

  ledger_state& state_;
  snapshot_sink* sink_ = nullptr;    // Of the snapshot under way.
  std::vector<std::uint64_t> pages_; // Of that snapshot.
  std::size_t next_page_ = 0;        // Index into pages_: those before are written.
  std::map<std::uint64_t, before_image_page> before_image_pages_; // Changed before their turn.
  std::size_t before_image_count_ = 0;                            // In those.
};

} // namespace belfry
