#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// The contents of a write-ahead log of RocksDB, read without RocksDB, which reports neither what
/// it truncates at the end of a log nor whether that was durable.
struct rocksdb_wal {
  std::string path;
  std::uint64_t size = 0;
  std::optional<std::uint64_t> damage_offset; ///< offset of the first damaged write
  std::uint64_t first_change = 0;             ///< of the first intact write; 0: there is none
  std::uint64_t last_change = 0;              ///< of the last intact write before the damage
  std::uint64_t last_intact_change = 0;       ///< of the last intact write, even behind the damage
  std::uint64_t durable_change = 0;           ///< the last change that a write notes as durable
};

/// The note in each of our writes to the log: all changes up to `change` are durable.
[[nodiscard]] std::string encode_durable_note(std::uint64_t change);

/// Scans the log at `path`.
[[nodiscard]] result<rocksdb_wal> scan_wal(const std::string& path);

/// Scans all logs in `directory`, in the order in which they were written.
[[nodiscard]] result<std::vector<rocksdb_wal>> scan_wals(const std::string& directory);

} // namespace belfry
