#pragma once

#include "journal/journal.hpp"
#include "journal/membership.hpp"
#include "os/postgres/postgres_append_statement.hpp"
#include "os/postgres/postgres_client.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace belfry {

/// The journal in a PostgreSQL database. `open_postgres_journal` creates it and describes its
/// statuses.
class postgres_engine : public journal {
public:
  postgres_engine(postgres_target target, std::unique_ptr<postgres_connection> session,
                  std::uint16_t shard_count, member_id owner = {});

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

private:
  /// The state of a shard beside its batches and objects.
  struct shard_row {
    std::uint64_t epoch = 0;
    std::uint64_t head = 1;
    std::uint64_t snapshot = 1;
  };

  [[nodiscard]] storage_status read_shard_row(shard_id shard, shard_row& row);
  [[nodiscard]] storage_status append(const postgres_append_statement& statement,
                                      std::span<const append_batch> batches,
                                      std::vector<storage_status>& results,
                                      std::vector<std::size_t>& later);
  [[nodiscard]] storage_status fenced_status(const append_batch& batch);
  [[nodiscard]] storage_status missing_or_fenced_status(shard_id shard, const shard_row& before,
                                                        storage_status status);

  postgres_client client_;
  const member_id owner_; // 0: this engine may acquire every shard.
};

} // namespace belfry
