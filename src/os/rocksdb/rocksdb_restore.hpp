#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace belfry {

/// What a restored journal holds.
struct restored_journal {
  std::uint16_t shards = 0;
  std::uint64_t events = 0;  ///< since the last snapshots
  std::uint64_t objects = 0; ///< of the snapshots
  std::uint64_t bytes = 0;
};

struct restore_options {
  /// The epoch of each restored shard is at least this one, and greater than the one in the copy:
  /// the copy does not hold the epochs that were acquired after it was made.
  std::uint64_t epoch_min = 0;
  /// Called with a line for people if a torn end was repaired in the copy. May be empty.
  std::function<void(const std::string&)> log_line{};
};

/// Copies the journal in `from`, a backup or the data directory of a node that is stopped, to the
/// new directory `to`, and reads all of the copy: each batch of each shard must be whole and none
/// missing, and so must each part of the snapshots. Changes nothing in `from`; after a failure
/// there is no `to`.
///
/// The failure names the directory and is
/// - `invalid_argument`: `from` holds no journal, or `to` exists;
/// - `unavailable`: a process has `from` open;
/// - `corrupt`: something in it is damaged or missing;
/// - `storage`: it cannot be read, or `to` cannot be written.
[[nodiscard]] result<restored_journal>
restore_rocksdb_journal(const std::string& from, const std::string& to, const restore_options& how);

/// The sum of the sizes of the files in `directory`, those in its directories not counted.
[[nodiscard]] std::uint64_t bytes_of_files(const std::string& directory);

} // namespace belfry
