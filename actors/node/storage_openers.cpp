#include "node/storage_openers.hpp"

#include "base/system_config.hpp"
#include "node/node_checks.hpp"

#include "belfry/contract.hpp"

#include "os/postgres/postgres_journal.hpp"
#include "os/postgres/postgres_membership.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>
#include <variant>

namespace belfry {

namespace {

/// A new directory gets one shard per two processors: more would not be faster on one machine.
result<std::uint16_t> shards_on_disk(const std::string& directory) {
  auto stored = stored_shard_count(directory);
  if (stored && *stored == 0)
    return static_cast<std::uint16_t>(std::min(actor_threads(), std::size_t{shards_max}));
  return stored;
}

rocksdb_journal_options on_disk(const std::string& directory, const std::string& backups,
                                std::uint16_t shards) {
  return {.directory = directory,
          .shards = shards,
          .backups = backups,
          .log_line =
              [](const std::string& line) { spdlog::warn("journal.repaired {}", printable(line)); },
          .engine_log_line =
              [](const std::string& line) {
                spdlog::debug("rocksdb.message text={}", log_value(line));
              },
          .file_system = nullptr,
          .free_bytes = {}};
}

/// Opens a journal on disk, again and again: only the first time it may create it, and fails if it
/// cannot have copies in `backups`. One thread at a time calls it. Empty `backups`: no copies.
std::function<result<std::shared_ptr<journal>>(std::uint16_t shards)>
disk_opener(const std::string& directory, const std::string& backups) {
  return [directory, backups, was_open = std::make_shared<bool>(false)](std::uint16_t shards) {
    auto options = on_disk(directory, backups, shards);
    options.must_exist = *was_open;
    auto opened = open_rocksdb_journal(options);
    if (opened && !*was_open && !backups.empty())
      if (const auto checked = check_backups(directory, backups); !checked)
        opened = checked.error();
    *was_open = *was_open || opened.ok();
    return opened;
  };
}

/// In a subdirectory, so that a data directory is not opened as an outbox.
result<std::shared_ptr<journal>>
open_outbox_in(const std::string& directory,
               const std::function<result<std::shared_ptr<journal>>(std::uint16_t)>& open) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error)
    return failure{errc::storage,
                   directory + ": cannot create the directory of the outbox: " + error.message()};
  return open(1);
}

postgres_target target_of(const database_storage& database) {
  postgres_target target;
  target.uri = database.uri;
  target.cluster = database.cluster;
  target.log_line = [](const std::string& line) {
    spdlog::warn("store.setting {}", printable(line));
  };
  return target;
}

/// Heartbeats must not wait as long as tasks may.
postgres_target for_membership(postgres_target target) {
  target.statement_timeout = duration{1'000};
  target.log_line = {};
  return target;
}

storage_openers openers(const directory_storage& disk) {
  const auto& directory = disk.path;
  storage_openers open;
  open.shards = [directory] { return shards_on_disk(directory); };
  open.open = [open_disk = disk_opener(directory, disk.backups.value_or(""))](
                  std::uint16_t shards, member_id) { return open_disk(shards); };
  return open;
}

storage_openers openers(const database_storage& database) {
  const auto target = target_of(database);
  storage_openers open;
  open.shards = [target] { return cluster_shard_count(target); };
  open.open = [target](std::uint16_t shards, member_id owner) {
    return open_postgres_journal({target, shards, owner});
  };
  open.open_membership = [target = for_membership(target)] {
    return open_postgres_membership(target);
  };
  if (database.outbox)
    open.open_outbox = [directory = *database.outbox,
                        open_disk = disk_opener(*database.outbox + "/outbox", "")] {
      return open_outbox_in(directory, open_disk);
    };
  return open;
}

} // namespace

storage_openers openers_of(const node_storage& storage) {
  if (const auto* disk = std::get_if<directory_storage>(&storage))
    return openers(*disk);
  const auto* database = std::get_if<database_storage>(&storage);
  expects(database, "openers_of: the tasks of remote_storage are stored by other nodes");
  return openers(*database);
}

} // namespace belfry
