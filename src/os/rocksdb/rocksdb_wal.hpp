#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// What a write-ahead log of RocksDB holds, found without RocksDB: it says neither what it
/// cut off at the end of a log nor whether that was once durable.
struct rocksdb_wal {
  std::string path;
  std::uint64_t size = 0;
  std::optional<std::uint64_t> damage_offset; ///< offset of the first write that is not whole
  std::uint64_t first_change = 0;             ///< of the first whole write; 0: there is none
  std::uint64_t last_change = 0;              ///< of the last whole write before the damage
  std::uint64_t last_intact_change = 0;       ///< of the last whole write, even beyond the damage
  std::uint64_t durable = 0; ///< up to which change any write says that the log was durable
};

/// The note that our writes carry in the log: all changes up to `change` are durable.
[[nodiscard]] std::string encode_durable_note(std::uint64_t change);

/// Looks through the log at `path`.
[[nodiscard]] result<rocksdb_wal> scan_wal(const std::string& path);

/// Looks through all logs in `directory`, in the order in which they were written.
[[nodiscard]] result<std::vector<rocksdb_wal>> scan_wals(const std::string& directory);

} // namespace belfry
