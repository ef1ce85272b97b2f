#include "os/rocksdb/rocksdb_journal.hpp"

#include "os/rocksdb/rocksdb_engine.hpp"
#include "os/rocksdb/rocksdb_torn_tail.hpp"

#include <filesystem>

namespace belfry {

namespace {

/// The failure if durable changes are missing: all up to `durable` must be readable.
failure lost_changes(const std::string& directory, std::uint64_t found, std::uint64_t durable) {
  return {errc::corrupt, directory + ": the journal ends with change " + std::to_string(found) +
                             ", but those up to " + std::to_string(durable) +
                             " were durable: a file is missing or was cut. Restore the directory "
                             "from a copy, or move it away to start without its contents"};
}

failure shard_count_mismatch(const std::string& directory, std::uint16_t stored,
                             std::uint16_t requested) {
  return {errc::invalid_argument, directory + ": its journal was created for " +
                                      std::to_string(stored) + " shards, not for " +
                                      std::to_string(requested) +
                                      "; the number cannot change: leave it out, or use another "
                                      "directory"};
}

/// Without creating anything.
result<done> check_exists(const std::string& directory) {
  const auto stored = read_format(directory);
  if (!stored)
    return stored.error();
  if (*stored == 0)
    return failure{errc::storage,
                   directory + ": the journal that was open here is gone: the directory was "
                               "emptied, removed, replaced or unmounted. Bring it back, or restart "
                               "the node to begin without its contents"};
  return done{};
}

/// The number of shards of the journal in `directory`; stores `requested` if there is no journal
/// yet.
result<std::uint16_t> resolve_shard_count(const data_directory& directory,
                                          std::uint16_t requested) {
  auto stored = read_format(directory.path());
  if (!stored)
    return stored;
  if (*stored != 0)
    return requested == 0 || requested == *stored
               ? stored
               : shard_count_mismatch(directory.path(), *stored, requested);
  if (std::filesystem::exists(directory.file("CURRENT")))
    return failure{errc::corrupt, directory.path() + ": holds a database, but its file 'format' "
                                                     "is missing"};
  if (requested == 0)
    return failure{errc::invalid_argument,
                   directory.path() + ": holds no journal yet; say how many shards it shall have"};
  if (auto written = write_format(directory, requested); !written)
    return written.error();
  return requested;
}

/// Opens the database after checking that no durable change is lost.
result<std::unique_ptr<rocksdb_database>> open_database(const data_directory& directory,
                                                        const durable_watermark& watermark,
                                                        const rocksdb_journal_options& options) {
  const auto& path = directory.path();
  if (watermark.value() > 0 && !std::filesystem::exists(directory.file("CURRENT")))
    return lost_changes(path, 0, watermark.value());
  const auto durable = truncate_torn_tail(
      path, watermark.value(),
      [&] { return rocksdb_database::last_readable_change(path, options.file_system); },
      options.log_line);
  if (!durable)
    return durable.error();
  auto database = rocksdb_database::open(path, options.file_system, options.engine_log_line);
  if (!database)
    return database;
  if (const auto found = (**database)->GetLatestSequenceNumber(); found < *durable)
    return lost_changes(path, found, *durable);
  return database;
}

} // namespace

result<std::shared_ptr<journal>> open_rocksdb_journal(const rocksdb_journal_options& options) {
  if (options.must_exist)
    if (auto found = check_exists(options.directory); !found)
      return found.error();
  auto directory = data_directory::lock(options.directory);
  if (!directory)
    return directory.error();
  const auto shard_count = resolve_shard_count(**directory, options.shards);
  if (!shard_count)
    return shard_count.error();
  auto watermark = durable_watermark::open(**directory);
  if (!watermark)
    return watermark.error();
  auto database = open_database(**directory, **watermark, options);
  if (!database)
    return database.error();
  auto free_bytes = options.free_bytes;
  if (!free_bytes)
    free_bytes = [path = options.directory] { return free_bytes_of(path); };
  auto engine = std::make_shared<rocksdb_engine>(
      rocksdb_engine::resources{.directory = std::move(*directory),
                                .watermark = std::move(*watermark),
                                .database = std::move(*database),
                                .shard_count = *shard_count,
                                .reserve_bytes = options.reserve_bytes,
                                .reclaim_after_bytes = options.reclaim_after_bytes,
                                .space_check_interval = options.space_check_interval,
                                .backups = options.backups,
                                .free_bytes = std::move(free_bytes)});
  if (auto status = engine->load(); !status.ok())
    return failure{status.code == storage_code::corrupt ? errc::corrupt : errc::storage,
                   status.text};
  return std::shared_ptr<journal>(std::move(engine));
}

result<std::uint16_t> stored_shard_count(const std::string& directory) {
  return read_format(directory);
}

} // namespace belfry
