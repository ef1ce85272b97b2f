#pragma once

#include "belfry/ids.hpp"
#include "journal/membership.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry {

/// What a power cut does to writes that were not synced.
enum class crash_mode : std::uint8_t {
  keep, ///< all of them reached the disk
  drop, ///< none of them did
  tear, ///< the first of them did; the torn write is recognised and dropped
};

/// A disk in memory that knows what was synced, and fails when a test wants it to. It outlives the
/// journals that are opened on it. Not thread-safe.
class memory_disk {
public:
  /// Cuts the power. Journals that are open on the disk fail from now on; what a new one finds
  /// depends on `mode` and, for `tear`, on `seed`.
  void crash(crash_mode mode, std::uint64_t seed = 0);

  /// Lets the next sync fail. Of the writes before it, the first ones stay, how many depends on
  /// `seed`.
  void fail_next_sync(std::uint64_t seed = 0) { failing_sync_seed_ = seed; }

  /// While full, the disk refuses batches and objects.
  void set_full(bool is_full) { is_full_ = is_full; }

  /// While nearly full, the disk accepts all writes but reports no space for new work.
  void set_nearly_full(bool is_nearly_full) { is_nearly_full_ = is_nearly_full; }
  [[nodiscard]] bool has_space() const { return !is_full_ && !is_nearly_full_; }

  /// While the disk is unreachable, as a database on another machine may be, every call but `sync`
  /// is `unavailable`.
  void set_unreachable(bool is_unreachable) { is_unreachable_ = is_unreachable; }
  /// Lets the next batch be `in_doubt`; whether it was written is in `is_written`.
  void leave_next_write_in_doubt(bool is_written) { in_doubt_write_ = is_written; }

  /// Flips one bit of the batch of `shard` that holds event `sequence`, as a bad disk does.
  /// Returns whether there is such a batch.
  bool flip_bit(shard_id shard, std::uint64_t sequence, std::uint64_t seed = 0);

  /// Flips one bit of a batch that a recovery would read, until `repair`. Returns the batch's
  /// shard, or nothing if there is no batch.
  std::optional<shard_id> corrupt_batch(std::uint64_t seed);
  /// Undoes the last `corrupt_batch`, if the journal still has that batch.
  void repair();

  /// Makes a backup of what a power cut would leave.
  void back_up() { backup_ = synced_; }
  /// Cuts the power and replaces the disk's contents by the last backup, or by nothing if there is
  /// none. A backup holds no members.
  void restore_backup();
  [[nodiscard]] bool has_backup() const { return !backup_.empty(); }

  /// The greatest epoch that an owner of a shard has acquired; 0: none has.
  [[nodiscard]] std::uint64_t latest_epoch() const;

  /// How many syncs have succeeded.
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

private:
  friend class memory_journal;
  friend class memory_membership;

  using blob = std::shared_ptr<const std::string>;

  struct shard_image {
    std::uint64_t epoch = 0;
    std::uint64_t head = 1;
    std::uint64_t snapshot = 1;
    std::map<std::uint64_t, blob> records; // Framed, by the number of the first event.
    std::map<std::string, blob> objects;   // Framed.
    std::set<std::string> live;            // The objects that the snapshot lists.
  };

  using image = std::map<shard_id, shard_image>;
  using change = std::function<void(image&)>;

  void apply(change applied);
  [[nodiscard]] bool sync();
  void lose_unsynced(std::size_t kept);
  [[nodiscard]] std::size_t torn_position(std::uint64_t seed) const;

  struct corrupted_batch {
    shard_id shard;
    std::uint64_t first = 0;
    blob intact;
    blob corrupted;
  };

  image current_;                        // What an open journal reads.
  image synced_;                         // What a power cut leaves.
  image backup_;                         // Empty: none.
  std::map<member_id, member> members_;  // Always durable.
  std::map<shard_id, member_id> owners_; // Always durable.
  std::vector<change> unsynced_;         // The changes from `synced_` to `current_`.
  corrupted_batch corrupted_batch_;
  std::optional<std::uint64_t> failing_sync_seed_;
  bool is_full_ = false;
  bool is_nearly_full_ = false;
  bool is_unreachable_ = false;
  std::optional<bool> in_doubt_write_; // Whether the next write, which is in doubt, is done.
  std::uint64_t syncs_ = 0;
  std::uint64_t crashes_ = 0;
};

} // namespace belfry
