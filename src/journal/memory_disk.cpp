#include "journal/memory_disk.hpp"

#include "journal/frame.hpp"
#include "random/prng.hpp"

#include <algorithm>

namespace belfry {

void memory_disk::crash(crash_mode mode, std::uint64_t seed) {
  ++crashes_;
  switch (mode) {
  case crash_mode::keep:
    return lose_unsynced(unsynced_.size());
  case crash_mode::drop:
    return lose_unsynced(0);
  case crash_mode::tear:
    return lose_unsynced(torn_position(seed));
  }
}

bool memory_disk::flip_bit(shard_id shard, std::uint64_t sequence, std::uint64_t seed) {
  auto& records = current_[shard].records;
  auto holder = records.upper_bound(sequence);
  if (holder == records.begin())
    return false;
  --holder;
  const auto batch = unframe_batch(shard, holder->first, *holder->second);
  if (batch && sequence >= batch->first + batch->count)
    return false;
  auto bytes = *holder->second;
  const auto bit = prng{seed}.below(bytes.size() * 8);
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  holder->second = std::make_shared<const std::string>(std::move(bytes));
  if (auto& synced = synced_[shard].records; synced.contains(holder->first))
    synced[holder->first] = holder->second;
  return true;
}

std::optional<shard_id> memory_disk::corrupt_batch(std::uint64_t seed) {
  std::vector<std::pair<shard_id, std::uint64_t>> batches;
  for (const auto& [shard, contents] : current_)
    for (const auto& [first, bytes] : contents.records)
      batches.emplace_back(shard, first);
  if (batches.empty())
    return std::nullopt;
  const auto [shard, first] = batches[prng{seed}.below(batches.size())];
  auto& stored = current_[shard].records.at(first);
  const auto intact = stored;
  (void)flip_bit(shard, first, seed);
  corrupted_batch_ = {.shard = shard, .first = first, .intact = intact, .corrupted = stored};
  return shard;
}

void memory_disk::repair() {
  for (auto* disk : {&current_, &synced_, &backup_}) {
    auto& records = (*disk)[corrupted_batch_.shard].records;
    const auto found = records.find(corrupted_batch_.first);
    if (found != records.end() && found->second == corrupted_batch_.corrupted)
      found->second = corrupted_batch_.intact;
  }
}

void memory_disk::restore_backup() {
  crash(crash_mode::drop);
  current_ = synced_ = backup_;
  members_.clear();
  owners_.clear();
}

std::uint64_t memory_disk::latest_epoch() const {
  std::uint64_t latest = 0;
  for (const auto& [shard, contents] : current_)
    latest = std::max(latest, contents.epoch);
  return latest;
}

void memory_disk::apply(change applied) {
  applied(current_);
  unsynced_.push_back(std::move(applied));
}

bool memory_disk::sync() {
  if (failing_sync_seed_) {
    // A kernel that fails to write dirty pages marks them clean: a later sync would succeed without
    // writing them. So the writes that this sync loses are lost from now on.
    lose_unsynced(torn_position(*failing_sync_seed_));
    failing_sync_seed_.reset();
    return false;
  }
  lose_unsynced(unsynced_.size());
  ++syncs_;
  return true;
}

void memory_disk::lose_unsynced(std::size_t kept) {
  for (std::size_t i = 0; i < kept; ++i)
    unsynced_[i](synced_);
  if (kept < unsynced_.size())
    current_ = synced_;
  unsynced_.clear();
}

std::size_t memory_disk::torn_position(std::uint64_t seed) const {
  return prng{seed}.below(unsynced_.size());
}

} // namespace belfry
