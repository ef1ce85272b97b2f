#include "os/rocksdb/rocksdb_reclaimer.hpp"

#include "os/rocksdb/rocksdb_keys.hpp"

#include <rocksdb/convenience.h>

#include <limits>
#include <utility>

namespace belfry {

namespace {

/// Ranges of keys; RocksDB's ranges only point to keys.
using key_ranges = std::vector<std::pair<std::string, std::string>>;

shard_id shard_at(std::size_t index) {
  return {static_cast<std::uint16_t>(index)};
}

key_ranges dead_ranges(const std::vector<std::uint64_t>& first_kept) {
  key_ranges ranges;
  for (std::size_t i = 0; i < first_kept.size(); ++i)
    ranges.emplace_back(batch_key(shard_at(i), 0), batch_key(shard_at(i), first_kept[i]));
  return ranges;
}

key_ranges live_ranges(const std::vector<std::uint64_t>& first_kept) {
  constexpr auto last = std::numeric_limits<std::uint64_t>::max();
  key_ranges ranges;
  for (std::size_t i = 0; i < first_kept.size(); ++i)
    ranges.emplace_back(batch_key(shard_at(i), first_kept[i]), batch_key(shard_at(i), last));
  return ranges;
}

} // namespace

rocksdb_reclaimer::rocksdb_reclaimer(const rocksdb_database& database,
                                     std::function<std::uint64_t()> free_bytes,
                                     std::function<void(const rocksdb::Status&)> on_failed)
    : database_(database), free_bytes_(std::move(free_bytes)), on_failed_(std::move(on_failed)),
      thread_([this] { work(); }) {}

rocksdb_reclaimer::~rocksdb_reclaimer() {
  {
    const std::lock_guard guard(mutex_);
    is_stopping_ = true;
    is_cancelled_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void rocksdb_reclaimer::request(std::vector<std::uint64_t> first_kept) {
  {
    const std::lock_guard guard(mutex_);
    requested_ = std::move(first_kept);
  }
  changed_.notify_one();
}

void rocksdb_reclaimer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || requested_.has_value(); });
    if (is_stopping_)
      return;
    const auto first_kept = std::move(*requested_);
    requested_.reset();
    lock.unlock();
    const auto status = reclaim(first_kept);
    if (!status.ok() && !status.IsIncomplete() && !status.IsShutdownInProgress() && !is_cancelled_)
      on_failed_(status);
    lock.lock();
  }
}

rocksdb::Status rocksdb_reclaimer::reclaim(const std::vector<std::uint64_t>& first_kept) {
  if (auto status = database_->Flush(rocksdb::FlushOptions{}, database_.families()); !status.ok())
    return status;
  if (auto status = delete_dead_files(first_kept); !status.ok())
    return status;
  if (!can_rewrite(first_kept))
    return rocksdb::Status::OK();
  rocksdb::CompactRangeOptions settings;
  settings.exclusive_manual_compaction = false;
  settings.canceled = &is_cancelled_;
  return database_->CompactRange(settings, database_.journal(), nullptr, nullptr);
}

rocksdb::Status rocksdb_reclaimer::delete_dead_files(const std::vector<std::uint64_t>& first_kept) {
  const auto dead = dead_ranges(first_kept);
  std::vector<rocksdb::RangePtr> ranges;
  std::vector<rocksdb::Slice> ends; // Begin and end of each range.
  ends.reserve(2 * dead.size());
  for (const auto& [begin, end] : dead) {
    ends.emplace_back(begin);
    ends.emplace_back(end);
    ranges.emplace_back(&ends[ends.size() - 2], &ends.back());
  }
  return rocksdb::DeleteFilesInRanges(&*database_, database_.journal(), ranges.data(),
                                      ranges.size(), false);
}

/// A rewrite copies the live batches before it deletes the old files: it must not fill the disk.
bool rocksdb_reclaimer::can_rewrite(const std::vector<std::uint64_t>& first_kept) {
  const auto live = live_ranges(first_kept);
  std::vector<rocksdb::Range> ranges;
  for (const auto& [begin, end] : live)
    ranges.emplace_back(begin, end);
  std::vector<std::uint64_t> sizes(ranges.size());
  const auto status = database_->GetApproximateSizes(database_.journal(), ranges.data(),
                                                     static_cast<int>(ranges.size()), sizes.data());
  std::uint64_t bytes = 0;
  for (const auto size : sizes)
    bytes += size;
  return status.ok() && bytes < free_bytes_() / 2;
}

} // namespace belfry
