#pragma once

#include "belfry/result.hpp"
#include "os/rocksdb/rocksdb_log.hpp"

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// An open RocksDB database with our settings and column families.
class rocksdb_database {
public:
  using file_system = std::shared_ptr<rocksdb::FileSystem>;

  /// Opens or creates the database in `directory`. `files` may be null. RocksDB's own messages go
  /// to `log_line`, and nowhere if that is empty.
  ///
  /// A damaged log is refused, unless only the end of its last write is missing. Call
  /// `truncate_torn_tail` before.
  [[nodiscard]] static result<std::unique_ptr<rocksdb_database>>
  open(const std::string& directory, const file_system& files, rocksdb_log_line log_line);

  /// The last change up to which the database in `directory` can be read, whatever is damaged
  /// behind it. Changes nothing.
  [[nodiscard]] static result<std::uint64_t> last_readable_change(const std::string& directory,
                                                                  const file_system& files);

  rocksdb_database() = default;
  rocksdb_database(const rocksdb_database&) = delete;
  rocksdb_database& operator=(const rocksdb_database&) = delete;
  ~rocksdb_database();

  [[nodiscard]] rocksdb::DB& operator*() const { return *database_; }
  [[nodiscard]] rocksdb::DB* operator->() const { return database_.get(); }

  [[nodiscard]] rocksdb::ColumnFamilyHandle* journal() const { return families_[1]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* objects() const { return families_[2]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* meta() const { return families_[3]; }
  [[nodiscard]] std::vector<rocksdb::ColumnFamilyHandle*> families() const;

private:
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_; // RocksDB's own, unused, comes first.
};

} // namespace belfry
