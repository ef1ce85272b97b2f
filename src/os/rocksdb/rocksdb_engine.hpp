#pragma once

#include "journal/journal.hpp"
#include "os/rocksdb/data_directory.hpp"
#include "os/rocksdb/durable_mark.hpp"
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

/// Whether an engine may still be used: the first error is the last, whichever thread meets it.
class engine_health {
public:
  explicit engine_health(std::string directory) : directory_(std::move(directory)) {}

  /// Ok, or the error that ended the engine.
  [[nodiscard]] status now() const;

  /// Ends the engine, unless it has ended. Returns the error that did.
  status end(const std::string& doing, const rocksdb::Status& how);

private:
  std::string directory_;
  mutable std::mutex mutex_; // Guards `error_`.
  status error_;
};

/// The journal in one RocksDB database. `open_rocksdb_journal` says how it comes to be.
class rocksdb_engine : public journal {
public:
  struct parts {
    std::shared_ptr<data_directory> directory;
    std::shared_ptr<durable_mark> mark;
    std::unique_ptr<rocksdb_database> database;
    std::uint16_t shards = 0;
    std::uint64_t reserve_bytes = 0;
    std::uint64_t reclaim_after_bytes = 0;
    duration space_check_every{0};
    std::function<std::uint64_t()> free_bytes;
  };

  explicit rocksdb_engine(parts opened);

  /// Syncs what is not yet durable: an orderly end loses nothing.
  ~rocksdb_engine() override;

  /// Learns what is stored. Comes first and once; `corrupt` if something is missing or damaged.
  [[nodiscard]] status load();

  [[nodiscard]] status acquire(shard_id shard, owned& now) override;
  [[nodiscard]] std::vector<status> write(std::span<const append_batch> batches) override;
  [[nodiscard]] status sync() override;
  [[nodiscard]] status read(shard_id shard, std::uint64_t from,
                            const std::function<bool(const record&)>& each) override;
  [[nodiscard]] status put(shard_id shard, std::uint64_t epoch,
                           std::span<const object> objects) override;
  [[nodiscard]] status list(shard_id shard, const std::string& prefix,
                            std::vector<std::string>& keys) override;
  [[nodiscard]] status get(shard_id shard, const std::string& key, std::string& bytes) override;
  [[nodiscard]] status commit_snapshot(shard_id shard, std::uint64_t epoch, std::uint64_t upto,
                                       std::span<const std::string> live_keys) override;
  [[nodiscard]] bool has_room() override;
  [[nodiscard]] status snapshot_position(shard_id shard, std::uint64_t& upto) override;

private:
  struct shard_state {
    stored_shard stored;                 // Its head is the present one.
    std::map<std::string, bool> objects; // Whether the last snapshot lists it.
  };

  [[nodiscard]] shard_state& state_of(shard_id shard);
  [[nodiscard]] status load_shard(shard_id shard);
  [[nodiscard]] status load_head(shard_id shard);
  [[nodiscard]] status load_objects(shard_id shard);
  [[nodiscard]] status may_write(shard_id shard, std::uint64_t epoch, std::uint64_t bytes);
  [[nodiscard]] status add_batch(const append_batch& batch, std::uint64_t bytes,
                                 rocksdb::WriteBatch& group);
  [[nodiscard]] status find_holder(shard_id shard, std::uint64_t upto, std::uint64_t& first);
  void drop_batches(shard_id shard, std::uint64_t kept_from, rocksdb::WriteBatch& group);
  void keep_only(shard_id shard, std::span<const std::string> live_keys,
                 rocksdb::WriteBatch& group);
  void store(shard_id shard, rocksdb::WriteBatch& group);
  [[nodiscard]] rocksdb::WriteBatch new_group() const;
  [[nodiscard]] status write_group(rocksdb::WriteBatch& group);
  [[nodiscard]] status broken_or_damaged(shard_id shard, const rocksdb::Status& how);
  [[nodiscard]] std::uint64_t writable_bytes() const;
  [[nodiscard]] std::vector<std::uint64_t> kept_from() const;

  parts parts_; // First: its lock outlives the database.
  engine_health health_;
  std::vector<shard_state> shards_;
  space_gauge space_;
  std::uint64_t written_bytes_ = 0; // Since space was last given back.
  bool is_dirty_ = false;           // Something was written after the last sync.
  rocksdb_reclaimer reclaimer_;     // Last: its thread uses the database and the health.
};

} // namespace belfry
