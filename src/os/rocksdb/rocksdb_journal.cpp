#include "os/rocksdb/rocksdb_journal.hpp"

#include "os/rocksdb/rocksdb_engine.hpp"
#include "os/rocksdb/rocksdb_tail.hpp"

#include <filesystem>

namespace belfry {

namespace {

/// What was durable before, and is there: everything up to it must be readable.
failure lost_changes(const std::string& directory, std::uint64_t found, std::uint64_t durable) {
  return {errc::corrupt, directory + ": the journal ends with change " + std::to_string(found) +
                             ", but those up to " + std::to_string(durable) +
                             " were durable: a file is missing or was cut. Restore the directory "
                             "from a copy, or move it away to begin anew without what it held"};
}

failure other_shards(const std::string& directory, std::uint16_t stored, std::uint16_t wanted) {
  return {errc::invalid_argument, directory + ": its journal was created for " +
                                      std::to_string(stored) + " shards, not for " +
                                      std::to_string(wanted) +
                                      "; the number cannot change: leave it out, or use another "
                                      "directory"};
}

/// How many shards the journal in `directory` has; settles it if there is none yet.
result<std::uint16_t> settle_shards(const data_directory& directory, std::uint16_t wanted) {
  auto stored = read_format(directory.path());
  if (!stored)
    return stored;
  if (*stored != 0)
    return wanted == 0 || wanted == *stored ? stored
                                            : other_shards(directory.path(), *stored, wanted);
  if (std::filesystem::exists(directory.file("CURRENT")))
    return failure{errc::corrupt, directory.path() + ": holds a database, but its file 'format' "
                                                     "is missing"};
  if (wanted == 0)
    return failure{errc::invalid_argument,
                   directory.path() + ": holds no journal yet; say how many shards it shall have"};
  if (auto written = write_format(directory, wanted); !written)
    return written.error();
  return wanted;
}

/// Opens the database after making sure that nothing which was durable is lost.
result<std::unique_ptr<rocksdb_database>> open_database(const data_directory& directory,
                                                        const durable_mark& mark,
                                                        const rocksdb_journal_options& options) {
  const auto& path = directory.path();
  if (mark.value() > 0 && !std::filesystem::exists(directory.file("CURRENT")))
    return lost_changes(path, 0, mark.value());
  const auto durable = cut_torn_tail(
      path, mark.value(),
      [&] { return rocksdb_database::readable_changes(path, options.file_system); }, options.tell);
  if (!durable)
    return durable.error();
  auto database = rocksdb_database::open(path, options.file_system);
  if (!database)
    return database;
  if (const auto found = (**database)->GetLatestSequenceNumber(); found < *durable)
    return lost_changes(path, found, *durable);
  return database;
}

} // namespace

result<std::shared_ptr<journal>> open_rocksdb_journal(const rocksdb_journal_options& options) {
  auto directory = data_directory::lock(options.directory);
  if (!directory)
    return directory.error();
  const auto shards = settle_shards(**directory, options.shards);
  if (!shards)
    return shards.error();
  auto mark = durable_mark::open(**directory);
  if (!mark)
    return mark.error();
  auto database = open_database(**directory, **mark, options);
  if (!database)
    return database.error();
  auto free_bytes = options.free_bytes;
  if (!free_bytes)
    free_bytes = [path = options.directory] { return free_bytes_of(path); };
  auto engine = std::make_shared<rocksdb_engine>(
      rocksdb_engine::parts{.directory = std::move(*directory),
                            .mark = std::move(*mark),
                            .database = std::move(*database),
                            .shards = *shards,
                            .reserve_bytes = options.reserve_bytes,
                            .reclaim_after_bytes = options.reclaim_after_bytes,
                            .space_check_every = options.space_check_every,
                            .free_bytes = std::move(free_bytes)});
  if (auto how = engine->load(); !how.ok())
    return failure{how.code == outcome_code::corrupt ? errc::corrupt : errc::storage, how.text};
  return std::shared_ptr<journal>(std::move(engine));
}

result<std::uint16_t> stored_shards(const std::string& directory) {
  return read_format(directory);
}

} // namespace belfry
