#pragma once

#include <rocksdb/env.h>

#include <functional>
#include <memory>
#include <string>

namespace belfry {

/// RocksDB's own messages, warnings and worse, one line each. Called by any thread of RocksDB.
using rocksdb_log_line = std::function<void(const std::string&)>;

/// A log for RocksDB that passes each line to `write_line`; drops them if that is empty.
///
/// RocksDB's own log is a file in the directory of the database, which fails together with the
/// disk: and RocksDB ends the process when a line of that file cannot be written.
[[nodiscard]] std::shared_ptr<rocksdb::Logger> make_rocksdb_log(rocksdb_log_line write_line);

} // namespace belfry
