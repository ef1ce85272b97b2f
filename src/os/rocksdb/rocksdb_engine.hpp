#pragma once

#include "journal/journal.hpp"
#include "os/rocksdb/data_directory.hpp"
#include "os/rocksdb/durable_watermark.hpp"
#include "os/rocksdb/rocksdb_database.hpp"
#include "os/rocksdb/rocksdb_keys.hpp"
#include "os/rocksdb/rocksdb_reclaimer.hpp"
#include "os/rocksdb/space_gauge.hpp"

#include <rocksdb/write_batch.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace belfry {

/// Whether an engine may still be used: the first error, on any thread, is permanent.
class engine_health {
public:
  explicit engine_health(std::string directory) : directory_(std::move(directory)) {}

  /// Ok, or the error that ended the engine.
  [[nodiscard]] storage_status status() const;

  /// Fails the engine unless it has failed already. Returns the error that did.
  storage_status fail(const std::string& operation, const rocksdb::Status& status);

private:
  std::string directory_;
  mutable std::mutex mutex_; // Guards `error_`.
  storage_status error_;
};

/// The journal in one RocksDB database, created by `open_rocksdb_journal`.
class rocksdb_engine : public journal {
public:
  struct resources {
    std::shared_ptr<data_directory> directory;
    std::shared_ptr<durable_watermark> watermark;
    std::unique_ptr<rocksdb_database> database;
    std::uint16_t shard_count = 0;
    std::uint64_t reserve_bytes = 0;
    std::uint64_t reclaim_after_bytes = 0;
    duration space_check_interval{0};
    std::string backups; // Where copies are made; empty: nowhere.
    std::function<std::uint64_t()> free_bytes;
  };

  explicit rocksdb_engine(resources opened);

  /// Syncs what is not yet durable: an orderly end loses nothing.
  ~rocksdb_engine() override;

  /// Reads the stored state; to be called once, first. `corrupt` if something is missing or
  /// damaged.
  [[nodiscard]] storage_status load();

  [[nodiscard]] storage_status acquire(shard_id shard, std::uint64_t epoch_min,
                                       shard_ownership& ownership) override;
  [[nodiscard]] std::vector<storage_status> write(std::span<const append_batch> batches) override;
  [[nodiscard]] storage_status sync() override;
  [[nodiscard]] storage_status read(shard_id shard, std::uint64_t first_event,
                                    const std::function<bool(const stored_batch&)>& visit) override;
  [[nodiscard]] storage_status put(shard_id shard, std::uint64_t epoch,
                                   std::span<const object> objects) override;
  [[nodiscard]] storage_status list(shard_id shard, const std::string& prefix,
                                    std::vector<std::string>& keys) override;
  [[nodiscard]] storage_status get(shard_id shard, const std::string& key,
                                   std::string& bytes) override;
  [[nodiscard]] storage_status commit_snapshot(shard_id shard, std::uint64_t epoch,
                                               std::uint64_t position,
                                               std::span<const std::string> live_keys) override;
  [[nodiscard]] bool has_space() override;
  [[nodiscard]] storage_status snapshot_position(shard_id shard, std::uint64_t& position) override;
  /// Shares the files that never change with the copy (hard links). Writes what is in memory (up to
  /// 128 MiB) to files before. A client names `directory`, so it can only be a new directory in
  /// `resources::backups`.
  [[nodiscard]] result<journal_copy> copy_to(const std::string& directory) override;

private:
  struct shard_state {
    stored_shard stored;                 // With the current head.
    std::map<std::string, bool> objects; // Whether the last snapshot lists it.
  };

  [[nodiscard]] shard_state& state_of(shard_id shard);
  [[nodiscard]] storage_status load_shard(shard_id shard);
  [[nodiscard]] storage_status load_head(shard_id shard);
  [[nodiscard]] storage_status load_objects(shard_id shard);
  [[nodiscard]] storage_status check_writable(shard_id shard, std::uint64_t epoch,
                                              std::uint64_t bytes);
  [[nodiscard]] storage_status add_batch(const append_batch& batch, std::uint64_t bytes,
                                         rocksdb::WriteBatch& group);
  [[nodiscard]] storage_status check_in_place(const std::string& operation);
  [[nodiscard]] storage_status find_batch_with(shard_id shard, std::uint64_t position,
                                               std::uint64_t& first);
  void drop_batches(shard_id shard, std::uint64_t first_kept, rocksdb::WriteBatch& group);
  void drop_unlisted_objects(shard_id shard, std::span<const std::string> live_keys,
                             rocksdb::WriteBatch& group);
  void put_shard_row(shard_id shard, rocksdb::WriteBatch& group);
  [[nodiscard]] rocksdb::WriteBatch new_write_batch() const;
  [[nodiscard]] storage_status commit_write_batch(rocksdb::WriteBatch& group);
  [[nodiscard]] storage_status read_error_status(shard_id shard, const rocksdb::Status& status);
  [[nodiscard]] std::uint64_t writable_bytes() const;
  [[nodiscard]] std::vector<std::uint64_t> first_kept() const;

  resources resources_; // First: its lock outlives the database.
  engine_health health_;
  std::vector<shard_state> shards_;
  space_gauge space_;
  std::uint64_t written_bytes_ = 0; // Since space was last reclaimed.
  bool is_dirty_ = false;           // Something was written after the last sync.
  rocksdb_reclaimer reclaimer_;     // Last: its thread uses the database and the health.
};

} // namespace belfry
