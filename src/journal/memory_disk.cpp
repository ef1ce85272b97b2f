#include "journal/memory_disk.hpp"

#include "journal/frame.hpp"

namespace belfry {

namespace {

/// Spreads a seed over all bits (the finisher of SplitMix64), so that near seeds choose far apart.
std::uint64_t mix(std::uint64_t seed) {
  seed += 0x9e37'79b9'7f4a'7c15ULL;
  seed = (seed ^ (seed >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
  seed = (seed ^ (seed >> 27)) * 0x94d0'49bb'1331'11ebULL;
  return seed ^ (seed >> 31);
}

} // namespace

void memory_disk::crash(crash_mode how, std::uint64_t seed) {
  ++crashes_;
  switch (how) {
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
  const auto held = unframe_batch(shard, holder->first, *holder->second);
  if (held && sequence >= held->first + held->count)
    return false;
  auto bytes = *holder->second;
  const auto bit = mix(seed) % (bytes.size() * 8);
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  holder->second = std::make_shared<const std::string>(std::move(bytes));
  if (auto& safe = synced_[shard].records; safe.contains(holder->first))
    safe[holder->first] = holder->second;
  return true;
}

std::optional<shard_id> memory_disk::corrupt_batch(std::uint64_t seed) {
  std::vector<std::pair<shard_id, std::uint64_t>> batches;
  for (const auto& [shard, held] : current_)
    for (const auto& [first, bytes] : held.records)
      batches.emplace_back(shard, first);
  if (batches.empty())
    return std::nullopt;
  const auto [shard, first] = batches[mix(seed) % batches.size()];
  auto& held = current_[shard].records.at(first);
  const auto intact = held;
  (void)flip_bit(shard, first, seed);
  corrupted_batch_ = {shard, first, intact, held};
  return shard;
}

void memory_disk::repair() {
  for (auto* one : {&current_, &synced_, &backup_}) {
    auto& records = (*one)[corrupted_batch_.shard].records;
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

void memory_disk::apply(change one) {
  one(current_);
  unsynced_.push_back(std::move(one));
}

bool memory_disk::sync() {
  if (failing_sync_seed_) {
    // The kernel forgets that pages are dirty when it fails to write them: a later sync would
    // succeed without having written them. So what is lost is decided here and now.
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
  return unsynced_.empty() ? 0 : mix(seed) % unsynced_.size();
}

} // namespace belfry
