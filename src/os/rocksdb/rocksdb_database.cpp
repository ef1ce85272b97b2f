#include "os/rocksdb/rocksdb_database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

#include <limits>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t mebibyte = 1 << 20;

rocksdb::BlockBasedTableOptions table_settings(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions settings;
  settings.block_cache = cache;
  settings.cache_index_and_filter_blocks = true;
  settings.block_size = 64 * 1024;
  return settings;
}

rocksdb::ColumnFamilyOptions family_settings(const std::shared_ptr<rocksdb::TableFactory>& tables) {
  rocksdb::ColumnFamilyOptions settings;
  settings.table_factory = tables;
  settings.compression = rocksdb::kNoCompression;
  settings.max_write_buffer_number = 2;
  return settings;
}

/// Batches are written once, read rarely and dropped together: only `rocksdb_reclaimer` compacts.
rocksdb::ColumnFamilyOptions
journal_settings(const std::shared_ptr<rocksdb::TableFactory>& tables) {
  auto settings = family_settings(tables);
  settings.write_buffer_size = 8 * mebibyte;
  settings.max_write_buffer_number = 4;
  settings.disable_auto_compactions = true;
  settings.num_levels = 2;
  settings.level0_slowdown_writes_trigger = std::numeric_limits<int>::max();
  settings.level0_stop_writes_trigger = std::numeric_limits<int>::max();
  settings.soft_pending_compaction_bytes_limit = 0;
  settings.hard_pending_compaction_bytes_limit = 0;
  return settings;
}

rocksdb::ColumnFamilyOptions
objects_settings(const std::shared_ptr<rocksdb::TableFactory>& tables) {
  auto settings = family_settings(tables);
  settings.write_buffer_size = 8 * mebibyte;
  settings.level_compaction_dynamic_level_bytes = true; // Dropped objects leave the disk sooner.
  return settings;
}

rocksdb::ColumnFamilyOptions meta_settings(const std::shared_ptr<rocksdb::TableFactory>& tables) {
  auto settings = family_settings(tables);
  settings.write_buffer_size = 4 * mebibyte;
  return settings;
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_families() {
  const auto cache = rocksdb::NewLRUCache(16 * mebibyte);
  const std::shared_ptr<rocksdb::TableFactory> tables(
      rocksdb::NewBlockBasedTableFactory(table_settings(cache)));
  return {{rocksdb::kDefaultColumnFamilyName, meta_settings(tables)},
          {"journal", journal_settings(tables)},
          {"objects", objects_settings(tables)},
          {"meta", meta_settings(tables)}};
}

std::unique_ptr<rocksdb::Env> environment(const rocksdb_database::file_system& files) {
  return files ? rocksdb::NewCompositeEnv(files) : nullptr;
}

rocksdb::DBOptions settings(rocksdb::Env* env, std::shared_ptr<rocksdb::Logger> log) {
  rocksdb::DBOptions settings;
  if (env != nullptr)
    settings.env = env;
  settings.create_if_missing = true;
  settings.create_missing_column_families = true;
  // The default would silently stop at a flipped bit.
  settings.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Without a flush a failed sync leaves gaps.
  settings.avoid_flush_during_recovery = false;
  // The effect of a failed write is known only after reopening: RocksDB must not resume.
  settings.max_bgerror_resume_count = 0;
  settings.max_total_wal_size = 128 * mebibyte;
  settings.bytes_per_sync = mebibyte;
  settings.max_open_files = 256;
  settings.skip_stats_update_on_db_open = true;
  settings.stats_dump_period_sec = 0;
  settings.stats_persist_period_sec = 0;
  settings.info_log_level = rocksdb::WARN_LEVEL;
  settings.info_log = std::move(log); // Not a file of RocksDB's own, which may be on a bad disk.
  return settings;
}

failure failure_of(const std::string& directory, const rocksdb::Status& status) {
  const auto code = status.IsCorruption() ? errc::corrupt : errc::storage;
  return {code, directory + ": cannot open the journal's database: " + status.ToString()};
}

} // namespace

result<std::unique_ptr<rocksdb_database>> rocksdb_database::open(const std::string& directory,
                                                                 const file_system& files,
                                                                 rocksdb_log_line log_line) {
  auto opened = std::make_unique<rocksdb_database>();
  opened->env_ = environment(files);
  rocksdb::DB* database = nullptr;
  const auto status =
      rocksdb::DB::Open(settings(opened->env_.get(), make_rocksdb_log(std::move(log_line))),
                        directory, column_families(), &opened->families_, &database);
  if (!status.ok())
    return failure_of(directory, status);
  opened->database_.reset(database);
  return opened;
}

result<std::uint64_t> rocksdb_database::last_readable_change(const std::string& directory,
                                                             const file_system& files) {
  rocksdb_database opened;
  opened.env_ = environment(files);
  auto tolerant = settings(opened.env_.get(), make_rocksdb_log({}));
  tolerant.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocksdb::DB* database = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(tolerant, directory, column_families(),
                                                   &opened.families_, &database);
  if (!status.ok())
    return failure_of(directory, status);
  opened.database_.reset(database);
  return std::uint64_t{database->GetLatestSequenceNumber()};
}

rocksdb_database::~rocksdb_database() {
  if (!database_)
    return;
  for (auto* family : families_)
    (void)database_->DestroyColumnFamilyHandle(family);
  (void)database_->Close();
}

std::vector<rocksdb::ColumnFamilyHandle*> rocksdb_database::families() const {
  return {journal(), objects(), meta()};
}

} // namespace belfry
