#pragma once

#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "journal/journal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rocksdb {
class FileSystem;
}

namespace belfry {

/// The directory of an embedded journal, and its limits.
struct rocksdb_journal_options {
  /// The directory of the journal. Created if it does not exist, within a parent that must.
  std::string directory;

  /// Whether the journal must exist already: it was open before, so that a directory without it was
  /// emptied, replaced or unmounted meanwhile. An empty journal in its place would forget all
  /// tasks.
  bool must_exist = false;

  /// The number of shards it is created for. 0 uses the stored number; any other number must be
  /// the stored one, because tasks are assigned to shards by it.
  std::uint16_t shards = 0;

  /// `has_space` is false while the disk has less free space than this, besides what the journal
  /// has yet to move out of memory. An eighth of it is never touched: writes answer `no_space`.
  std::uint64_t reserve_bytes = 64 << 20;

  /// Space of dropped batches is reclaimed after this many written bytes. A smaller number keeps
  /// the directory smaller and rewrites live batches more often.
  std::uint64_t reclaim_after_bytes = 64 << 20;

  /// How old a measurement of the free space may be.
  duration space_check_interval{100};

  /// A directory that fits by `check_backups`: `copy_to` makes new directories in it and nowhere
  /// else. Opening the journal does not check it, `copy_to` does. Empty: `copy_to` is refused.
  std::string backups{};

  /// Called with a line for the log if opening the journal repaired something. May be empty.
  std::function<void(const std::string&)> log_line;

  /// Called with each warning and error of RocksDB itself, by any thread. May be empty. RocksDB
  /// keeps no log file of its own: that would be on the disk which it complains about.
  std::function<void(const std::string&)> engine_log_line{};

  /// The file system that RocksDB uses; null: the system's. For tests that inject faults.
  std::shared_ptr<rocksdb::FileSystem> file_system;

  /// Returns the free bytes; empty: the system's. Called from two threads. For tests.
  std::function<std::uint64_t()> free_bytes;
};

/// Opens the journal in `directory`, or creates it: an engine that keeps everything in one RocksDB
/// database and takes at most 144 MiB of memory for it (128 MiB of unwritten tables, 16 MiB of
/// cache), whatever its size.
///
/// A torn write left by a crash is truncated and reported with `log_line`. The failure names the
/// directory and is
/// - `invalid_argument`: it was created for another number of shards, or `shards` is 0 and there
///   is no journal yet;
/// - `unavailable`: another process has it open;
/// - `corrupt`: durable data is damaged or missing. Nothing was changed;
/// - `storage`: it cannot be created, read or written, or `must_exist` and does not.
[[nodiscard]] result<std::shared_ptr<journal>>
open_rocksdb_journal(const rocksdb_journal_options& options);

/// Whether the journal in `directory`, which exists, can have copies in `backups`: a directory on
/// the same file system, and not in `directory`. The failure names the directory, says what to do,
/// and is `storage` if there is no such directory, otherwise `wrong_state`.
[[nodiscard]] result<done> check_backups(const std::string& directory, const std::string& backups);

/// The number of shards that the journal in `directory` was created for; 0 if there is none yet.
/// Does not need the journal to be closed.
[[nodiscard]] result<std::uint16_t> stored_shard_count(const std::string& directory);

} // namespace belfry
