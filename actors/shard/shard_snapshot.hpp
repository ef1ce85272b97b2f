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
/// A page of tasks that has not changed keeps the objects of an earlier snapshot. A key says by
/// itself what it holds and since when: `p<page>.<piece>@<position>`, `h.<piece>@<position>`.
class shard_snapshot : public snapshot_sink {
public:
  /// Begins the snapshot of everything before `position`.
  void begin(std::uint64_t position);

  void add(std::uint64_t part, const event& what) override;

  /// Objects of about `bytes_max` that are ready to be kept; none: no more for now.
  [[nodiscard]] std::vector<object> take(std::size_t bytes_max);

  /// No more parts will come. `take` hands over the last piece.
  void end();

  /// All keys of the snapshot, if it consists of the head and `pages`. Forgets other pages.
  [[nodiscard]] std::vector<std::string> keys(const std::vector<std::uint64_t>& pages);

  [[nodiscard]] std::uint64_t position() const { return position_; }

  /// For recovery: notes an object found in the journal. Returns whether it belongs to the snapshot
  /// at `position`; one that does not was left by a snapshot that was never committed.
  bool restore_object(std::string_view key, std::uint64_t position);
  /// Forgets what was noted: recovery begins anew.
  void clear() { pages_.clear(); }

private:
  struct kept_page {
    std::uint64_t position = 0;
    std::uint32_t pieces = 0;
  };

  void finish_piece();

  std::uint64_t position_ = 1;
  std::optional<std::uint64_t> part_; // Under way.
  std::string piece_;                 // Its bytes so far.
  std::vector<object> ready_;
  std::uint32_t head_pieces_ = 0;
  std::map<std::uint64_t, kept_page> pages_;
  wire::event_writer writer_;
};

} // namespace belfry
