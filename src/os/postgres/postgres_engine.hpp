#pragma once

#include "journal/journal.hpp"
#include "journal/membership.hpp"
#include "os/postgres/postgres_append.hpp"
#include "os/postgres/postgres_caller.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace belfry {

/// The journal in a PostgreSQL database. `open_postgres_journal` says how it comes to be and what
/// its answers mean.
class postgres_engine : public journal {
public:
  postgres_engine(postgres_place place, std::unique_ptr<postgres_connection> session,
                  std::uint16_t shards, member_id owner = {});

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
  /// What the database knows of a shard beside its batches and objects.
  struct shard_row {
    std::uint64_t epoch = 0;
    std::uint64_t head = 1;
    std::uint64_t snapshot = 1;
  };

  [[nodiscard]] status look_at(shard_id shard, shard_row& row);
  [[nodiscard]] status append(const postgres_append& statement,
                              std::span<const append_batch> batches, std::vector<status>& results,
                              std::vector<std::size_t>& later);
  [[nodiscard]] status why_fenced(const append_batch& batch);
  [[nodiscard]] status why_missing(shard_id shard, const shard_row& before, status how);

  postgres_caller caller_;
  const member_id owner_; // Nobody: it may acquire every shard.
};

} // namespace belfry
