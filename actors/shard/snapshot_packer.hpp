#pragma once

#include "journal/journal.hpp"
#include "task/event.hpp"
#include "wire/event_codec.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// Turns the parts of a shard's snapshots into objects for the journal, and knows which objects
/// make up the snapshot.
///
/// A page of tasks that has not changed keeps the objects of an earlier snapshot. A key names what
/// its object holds and since when: `p<page>.<piece>@<position>`, `h.<piece>@<position>`.
///
/// A snapshot is copied from `begin` to `end` and committed from `begin_commit` to `finish`.
class snapshot_packer : public snapshot_sink {
public:
  /// Begins the snapshot of everything before `position`.
  void begin(std::uint64_t position);

  void add(std::uint64_t part, const event& change) override;

  /// About `bytes_max` bytes of objects to put into the journal; none: no more for now.
  [[nodiscard]] std::vector<object> take(std::size_t bytes_max);

  /// No more parts will come. `take` hands over the last piece.
  void end();

  /// Whether the snapshot may be committed now, after which it is not asked again: all parts are
  /// complete, and the events before `position` are written, since the next one is at `head`.
  [[nodiscard]] bool begin_commit(std::uint64_t head);

  /// The snapshot is committed or given up.
  void finish() { stage_ = stage::idle; }

  [[nodiscard]] bool is_in_progress() const { return stage_ != stage::idle; }
  /// Whether parts are still to come.
  [[nodiscard]] bool is_copying() const { return stage_ == stage::copying; }

  /// All keys of the snapshot, if it consists of the head and `pages`. Forgets other pages.
  [[nodiscard]] std::vector<std::string> keys(const std::vector<std::uint64_t>& pages);

  [[nodiscard]] std::uint64_t position() const { return position_; }

  /// For recovery: remembers an object found in the journal. Returns whether it belongs to the
  /// snapshot at `position`; otherwise a snapshot that was never committed has left it.
  bool restore_object(std::string_view key, std::uint64_t position);
  /// Forgets all objects: recovery restarts.
  void clear() { pages_.clear(); }

private:
  enum class stage : std::uint8_t { idle, copying, complete, committing };

  struct kept_page {
    std::uint64_t position = 0;
    std::uint32_t pieces = 0;
  };

  void finish_piece();

  stage stage_ = stage::idle;
  std::uint64_t position_ = 1;
  std::optional<std::uint64_t> part_; // That is being added.
  std::string piece_;                 // Its bytes so far.
  std::vector<object> ready_;
  std::uint32_t head_pieces_ = 0;
  std::map<std::uint64_t, kept_page> pages_;
  wire::event_writer writer_;
};

} // namespace belfry
