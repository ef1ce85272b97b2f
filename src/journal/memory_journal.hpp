#pragma once

#include "journal/journal.hpp"
#include "journal/memory_disk.hpp"

namespace belfry {

/// A journal on a `memory_disk`: for simulations, for tests, and for nodes that keep nothing.
///
/// Several may be open on one disk, as several nodes are on one database: the epoch decides. One
/// that is opened for a member of a cluster acquires only the shards whose seats are that member's:
/// others are `fenced`.
class memory_journal : public journal {
public:
  /// What there is beside the disk; calls are `unavailable` while `is_cut_off`, if set, says so.
  struct options {
    member_id owner;
    std::function<bool()> is_cut_off;
  };

  explicit memory_journal(std::shared_ptr<memory_disk> disk, options with = {});

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
  [[nodiscard]] bool has_room() override { return disk_->has_room(); }
  [[nodiscard]] status snapshot_position(shard_id shard, std::uint64_t& upto) override;

private:
  [[nodiscard]] status usable() const;
  [[nodiscard]] status intact() const;
  [[nodiscard]] status may_write(shard_id shard, std::uint64_t epoch) const;
  [[nodiscard]] const memory_disk::shard_image& image_of(shard_id shard) const;
  [[nodiscard]] status write_one(const append_batch& batch);

  std::shared_ptr<memory_disk> disk_;
  const options options_;
  std::uint64_t crashes_; // Of the disk, when this was opened.
  bool is_poisoned_ = false;
};

} // namespace belfry
