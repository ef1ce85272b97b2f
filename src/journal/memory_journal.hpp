#pragma once

#include "journal/journal.hpp"
#include "journal/memory_disk.hpp"

namespace belfry {

/// A journal on a `memory_disk`: for simulations, for tests, and for nodes without durable storage.
///
/// Several journals may be open on one disk, as several nodes use one database: the epoch decides
/// which of them may write. A journal of a cluster member acquires only the shards that are
/// assigned to that member: others are `fenced`.
class memory_journal : public journal {
public:
  struct options {
    member_id owner;                      ///< nobody: acquires every shard
    std::function<bool()> is_partitioned; ///< while it returns true, calls are `unavailable`
  };

  explicit memory_journal(std::shared_ptr<memory_disk> disk, options settings = {});

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
  [[nodiscard]] bool has_space() override { return disk_->has_space(); }
  [[nodiscard]] storage_status snapshot_position(shard_id shard, std::uint64_t& position) override;

private:
  [[nodiscard]] storage_status check_reachable() const;
  [[nodiscard]] storage_status check_intact() const;
  [[nodiscard]] storage_status check_writable(shard_id shard, std::uint64_t epoch) const;
  [[nodiscard]] const memory_disk::shard_image& image_of(shard_id shard) const;
  [[nodiscard]] storage_status write_batch(const append_batch& batch);

  std::shared_ptr<memory_disk> disk_;
  const options options_;
  std::uint64_t crashes_; // Of the disk, when this journal was opened.
  bool is_poisoned_ = false;
};

} // namespace belfry
