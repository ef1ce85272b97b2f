#include "os/rocksdb/rocksdb_restore.hpp"

#include "os/descriptor.hpp"
#include "os/rocksdb/data_directory.hpp"
#include "os/rocksdb/durable_watermark.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <set>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace belfry {

namespace {

namespace fs = std::filesystem;

constexpr auto lock_file_name = "belfry.lock";

result<std::uint16_t> shards_in(const std::string& from) {
  auto shards = read_format(from);
  if (shards && *shards == 0)
    return failure{errc::invalid_argument,
                   from + ": holds no journal; expected a backup, or the data directory of a node "
                          "that is stopped"};
  return shards;
}

/// Every backup and every data directory has the watermark. Without it a journal that lacks its
/// last changes would look complete.
result<done> check_watermark(const std::string& from) {
  std::error_code error;
  if (fs::is_regular_file(from + "/" + durable_watermark::file_name, error))
    return done{};
  return failure{errc::corrupt, from + ": its file '" + durable_watermark::file_name +
                                    "' is missing, so that nothing shows whether the journal "
                                    "has its last changes"};
}

result<done> check_new(const std::string& path, const std::string& advice) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)))
    return failure{errc::invalid_argument, path + ": exists already; " + advice};
  return done{};
}

/// Whole or not at all, also if the machine fails.
result<done> move_directory(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    return failure{errc::storage, to + ": cannot be written: " + error.message()};
  return sync_parent(to);
}

/// While the descriptor is open no node opens `from`. None if nobody ever locked it.
result<descriptor> lock_for_reading(const std::string& from) {
  descriptor lock{::open((from + "/" + lock_file_name).c_str(), O_RDONLY | O_CLOEXEC)};
  if (!lock.is_open())
    return errno == ENOENT ? result<descriptor>{std::move(lock)}
                           : result<descriptor>{system_failure(from, "cannot be locked")};
  if (::flock(lock.number(), LOCK_SH | LOCK_NB) == 0)
    return lock;
  if (errno != EWOULDBLOCK)
    return system_failure(from, "cannot be locked");
  return failure{errc::unavailable, from + ": a process has this data directory open; stop it, or "
                                           "let 'belfry backup' make a copy"};
}

result<done> sync_file(const std::string& path) {
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open() || ::fsync(file.number()) != 0)
    return system_failure(path, "cannot be written");
  return done{};
}

/// What a process makes anew for itself, and the file that says that the others are complete.
bool is_copied(const fs::directory_entry& entry) {
  static const std::set<std::string> left_out{lock_file_name, "LOCK", "format", "format.new"};
  return entry.is_regular_file() && !left_out.contains(entry.path().filename().string());
}

result<done> copy_files(const std::string& from, const data_directory& to) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(from, error);
       !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    if (!is_copied(*entry))
      continue;
    const auto copy = to.file(entry->path().filename().string());
    if (!fs::copy_file(entry->path(), copy, error))
      break;
    if (const auto synced = sync_file(copy); !synced)
      return synced;
  }
  if (error)
    return failure{errc::storage,
                   from + ": cannot be copied to " + to.path() + ": " + error.message()};
  return done{};
}

/// The copy is complete, and unlocked again.
result<done> copy_journal_files(const std::string& from, const std::string& to,
                                std::uint16_t shards) {
  const auto source = lock_for_reading(from);
  if (!source)
    return source.error();
  const auto target = data_directory::lock(to);
  if (!target)
    return target.error();
  if (const auto copied = copy_files(from, **target); !copied)
    return copied;
  if (const auto written = write_format(**target, shards); !written)
    return written;
  return sync_parent(to);
}

storage_status read_objects(journal& restored, shard_id shard, restored_journal& counts) {
  std::vector<std::string> keys;
  if (auto status = restored.list(shard, "", keys); !status.ok())
    return status;
  std::string bytes;
  for (const auto& key : keys)
    if (auto status = restored.get(shard, key, bytes); !status.ok())
      return status;
  counts.objects += keys.size();
  return {};
}

storage_status read_shard(journal& restored, shard_id shard, restored_journal& counts) {
  std::uint64_t position = 1;
  if (auto status = restored.snapshot_position(shard, position); !status.ok())
    return status;
  if (auto status = read_objects(restored, shard, counts); !status.ok())
    return status;
  return restored.read(shard, position, [&](const stored_batch& batch) {
    counts.events += batch.count;
    return true;
  });
}

/// Reads all of the shard first: what is damaged stays as it is.
storage_status restore_shard(journal& restored, shard_id shard, std::uint64_t epoch_min,
                             restored_journal& counts) {
  if (auto status = read_shard(restored, shard, counts); !status.ok())
    return status;
  shard_ownership ownership;
  return restored.acquire(shard, epoch_min, ownership);
}

result<restored_journal> restore_shards(const std::string& directory, std::uint16_t shards,
                                        const restore_options& how) {
  rocksdb_journal_options options;
  options.directory = directory;
  options.must_exist = true;
  options.log_line = how.log_line;
  const auto opened = open_rocksdb_journal(options);
  if (!opened)
    return opened.error();
  restored_journal counts{.shards = shards};
  for (std::uint16_t shard = 0; shard < shards; ++shard)
    if (const auto status = restore_shard(**opened, {shard}, how.epoch_min, counts); !status.ok())
      return failure{status.code == storage_code::corrupt ? errc::corrupt : errc::storage,
                     directory + ": " + status.text};
  counts.bytes = bytes_of_files(directory);
  return counts;
}

} // namespace

std::uint64_t bytes_of_files(const std::string& directory) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (auto entry = fs::directory_iterator(directory, error);
       !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    std::error_code gone;
    if (const auto size = entry->file_size(gone); !gone)
      bytes += size;
  }
  return bytes;
}

result<restored_journal> restore_rocksdb_journal(const std::string& from, const std::string& to,
                                                 const restore_options& how) {
  const auto shards = shards_in(from);
  if (!shards)
    return shards.error();
  if (const auto checked = check_watermark(from); !checked)
    return checked.error();
  if (const auto checked = check_new(to, "a restore makes a new directory"); !checked)
    return checked.error();
  const auto staging = without_last_slashes(to) + ".tmp";
  if (const auto checked = check_new(staging, "a restore that was cut off has left it; remove it");
      !checked)
    return checked.error();
  const auto copied = copy_journal_files(from, staging, *shards);
  auto restored = copied ? restore_shards(staging, *shards, how) : copied.error();
  if (restored)
    if (const auto moved = move_directory(staging, to); !moved)
      restored = moved.error();
  std::error_code ignored;
  if (!restored)
    fs::remove_all(staging, ignored);
  return restored;
}

} // namespace belfry
