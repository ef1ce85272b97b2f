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

/// Where an embedded journal lives, and its limits.
struct rocksdb_journal_options {
  /// The directory of the journal. Created if it does not exist, within a parent that must.
  std::string directory;

  /// How many shards it is created for. 0 takes what is stored there; any other number must be
  /// the stored one, because tasks are assigned to shards by it.
  std::uint16_t shards = 0;

  /// `has_space` is false while the disk has less free space than this, besides what the journal
  /// has yet to move out of memory. An eighth of it is never touched: writes answer `no_space`.
  std::uint64_t reserve_bytes = 64 << 20;

  /// Space of dropped batches is given back once this much was written. A smaller number keeps the
  /// directory smaller and rewrites what is still needed more often.
  std::uint64_t reclaim_after_bytes = 64 << 20;

  /// How old a measurement of the free space may be.
  duration space_check_interval{100};

  /// Told, in a line for the log, what opening the journal repaired. May be empty.
  std::function<void(const std::string&)> log_line;

  /// What RocksDB reads and writes through; null is the system's. For tests that inject faults.
  std::shared_ptr<rocksdb::FileSystem> file_system;

  /// How many bytes are free; empty asks the system. Called from two threads. For tests.
  std::function<std::uint64_t()> free_bytes;
};

/// Opens the journal in `directory`, or creates it: an engine that keeps everything in one RocksDB
/// database and takes at most 144 MiB of memory for it (128 MiB of unwritten tables, 16 MiB of
/// cache), whatever its size.
///
/// A write that was cut short by a crash is cut off, and `tell` hears of it. The failure names the
/// directory and is
/// - `invalid_argument`: it was created for another number of shards, or `shards` is 0 and there
///   is no journal yet;
/// - `unavailable`: another process has it open;
/// - `corrupt`: something that had become durable is damaged or missing. Nothing was changed;
/// - `storage`: it cannot be created, read or written.
[[nodiscard]] result<std::shared_ptr<journal>>
open_rocksdb_journal(const rocksdb_journal_options& options);

/// The number of shards that the journal in `directory` was created for; 0 if there is none yet.
/// Does not need the journal to be closed.
[[nodiscard]] result<std::uint16_t> stored_shard_count(const std::string& directory);

} // namespace belfry
