#include "node/node_storage.hpp"

#include "base/system_config.hpp"
#include "node/node_checks.hpp"

#include "os/postgres/postgres_journal.hpp"
#include "os/postgres/postgres_membership.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace belfry {

namespace {

/// A new directory gets one shard per two processors: more would not be faster on one machine.
result<std::uint16_t> shards_on_disk(const std::string& directory) {
  auto stored = stored_shard_count(directory);
  if (stored && *stored == 0)
    return static_cast<std::uint16_t>(std::min(actor_threads(), std::size_t{shards_max}));
  return stored;
}

rocksdb_journal_options on_disk(const std::string& directory, std::uint16_t shards) {
  return {.directory = directory,
          .shards = shards,
          .log_line = [](const std::string& line) { spdlog::warn("journal.repaired {}", line); },
          .file_system = nullptr,
          .free_bytes = {}};
}

/// In a subdirectory, so that a data directory is not opened as an outbox.
result<std::shared_ptr<journal>> open_outbox_in(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error)
    return failure{errc::storage,
                   directory + ": cannot create the directory of the outbox: " + error.message()};
  return open_rocksdb_journal(on_disk(directory + "/outbox", 1));
}

postgres_target target_of(const node_options& options) {
  postgres_target target;
  target.uri = options.store;
  if (!options.cluster.empty())
    target.cluster = options.cluster;
  target.log_line = [](const std::string& line) { spdlog::warn("store.setting {}", line); };
  return target;
}

/// Heartbeats must not wait as long as tasks may.
postgres_target for_membership(postgres_target target) {
  target.statement_timeout = duration{1'000};
  target.log_line = {};
  return target;
}

} // namespace

node_storage storage_of(const node_options& options) {
  node_storage storage;
  if (options.store.empty()) {
    const auto& directory = options.data_directory;
    storage.shards = [directory] { return shards_on_disk(directory); };
    storage.open = [directory](std::uint16_t shards, member_id) {
      return open_rocksdb_journal(on_disk(directory, shards));
    };
  } else {
    const auto target = target_of(options);
    storage.shards = [target] { return cluster_shard_count(target); };
    storage.open = [target](std::uint16_t shards, member_id owner) {
      return open_postgres_journal({target, shards, owner});
    };
    storage.open_membership = [target = for_membership(target)] {
      return open_postgres_membership(target);
    };
    if (!options.outbox.empty())
      storage.open_outbox = [directory = options.outbox] { return open_outbox_in(directory); };
  }
  return storage;
}

} // namespace belfry
