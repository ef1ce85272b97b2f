// Copies of a journal that is in use.
#include "os/rocksdb/rocksdb_engine.hpp"

#include "os/rocksdb/rocksdb_journal.hpp"
#include "os/rocksdb/rocksdb_restore.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace belfry {

namespace {

namespace fs = std::filesystem;

failure refused_target(const fs::path& target, const std::string& reason) {
  return {errc::invalid_argument, target.string() + ": " + reason};
}

bool are_on_one_file_system(const fs::path& left, const fs::path& right) {
  struct stat of_left {};
  struct stat of_right {};
  return ::stat(left.c_str(), &of_left) == 0 && ::stat(right.c_str(), &of_right) == 0 &&
         of_left.st_dev == of_right.st_dev;
}

/// Whether `path` is `directory` or in it. Both exist.
bool is_within(const fs::path& path, const fs::path& directory) {
  std::error_code error;
  const auto inner = fs::canonical(path, error);
  const auto outer = fs::canonical(directory, error);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

/// Whether a crash came between RocksDB's copy and its `format`.
bool is_cut_off(const fs::path& target) {
  return is_there(target / "CURRENT") && !is_there(target / "format");
}

/// RocksDB gathers the files of a copy in such a directory, and would empty one that is there.
fs::path staging_of(const fs::path& target) {
  return target.string() + ".tmp";
}

/// Clients choose the target. So it is nothing but a new entry of `backups`.
result<done> check_target(const fs::path& target, const fs::path& backups) {
  std::error_code error;
  if (!target.is_absolute() || target.native().find('\0') != std::string::npos)
    return refused_target(target, "is no absolute path of the node's machine");
  if (!fs::equivalent(target.parent_path(), backups, error))
    return refused_target(target, "is not in " + backups.string() +
                                      ", the directory in which the node makes backups");
  if (is_cut_off(target))
    return refused_target(target, "is a backup that was cut off: its file 'format' is missing; "
                                  "remove it, or choose another name for the backup");
  if (is_there(target))
    return refused_target(target, "exists already; a backup makes a new directory");
  if (const auto staging = staging_of(target); is_there(staging))
    return refused_target(staging, "exists, perhaps from a backup that was cut off; remove it, or "
                                   "choose another name for the backup");
  return done{};
}

rocksdb::Status make_checkpoint(rocksdb::DB& database, const std::string& target) {
  rocksdb::Checkpoint* made = nullptr;
  if (auto status = rocksdb::Checkpoint::Create(&database, &made); !status.ok())
    return status;
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  return checkpoint->CreateCheckpoint(target);
}

/// Makes the checkpoint a data directory. Its `format` comes last: without it no node opens the
/// directory.
result<done> complete(const std::string& target, std::uint64_t last_change, std::uint16_t shards) {
  const auto directory = data_directory::lock(target);
  if (!directory)
    return directory.error();
  const auto watermark = durable_watermark::open(**directory);
  if (!watermark)
    return watermark.error();
  (*watermark)->advance(last_change);
  if ((*watermark)->value() != last_change || !(*watermark)->sync())
    return system_failure(target, "cannot be written");
  if (const auto written = write_format(**directory, shards); !written)
    return written;
  return sync_parent(target);
}

} // namespace

/// A copy shares the files that never change with the journal: on another file system they would
/// have to be copied, byte for byte, while all shards wait.
result<done> check_backups(const std::string& directory, const std::string& backups) {
  std::error_code error;
  if (backups.empty())
    return failure{errc::wrong_state, "the node makes no backups: start it with --backups DIR, a "
                                      "directory on the file system of " +
                                          directory};
  if (!fs::is_directory(backups, error))
    return failure{errc::storage, backups + ": is no directory; the node was started to make its "
                                            "backups there: create it"};
  if (is_within(backups, directory))
    return failure{errc::wrong_state, backups + ": is in the data directory " + directory +
                                          "; start the node with --backups beside it"};
  if (!are_on_one_file_system(directory, backups))
    return failure{errc::wrong_state, backups + ": is on another file system than " + directory +
                                          "; start the node with --backups on the same one"};
  return done{};
}

result<journal_copy> rocksdb_engine::copy_to(const std::string& directory) {
  if (const auto status = health_.status(); !status.ok())
    return failure{errc::storage, status.text};
  const fs::path target = without_last_slashes(directory);
  const auto& backups = resources_.backups;
  if (const auto checked = check_backups(resources_.directory->path(), backups); !checked)
    return checked.error();
  if (const auto checked = check_target(target, backups); !checked)
    return checked.error();
  if (!has_space())
    return failure{errc::storage, target.string() + ": the disk is nearly full"};
  auto& database = *resources_.database;
  const auto last_change = database->GetLatestSequenceNumber();
  const auto made = make_checkpoint(*database, target);
  if (made.IsInvalidArgument()) // Somebody else has just made the directory.
    return refused_target(target, made.ToString());
  if (!made.ok())
    return failure{errc::storage, target.string() + ": cannot be written: " + made.ToString()};
  if (const auto completed = complete(target, last_change, resources_.shard_count); !completed) {
    std::error_code error;
    fs::remove_all(target, error);
    return completed.error();
  }
  return journal_copy{.bytes = bytes_of_files(target), .shards = resources_.shard_count};
}

} // namespace belfry
