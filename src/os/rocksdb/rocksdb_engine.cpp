#include "os/rocksdb/rocksdb_engine.hpp"

#include "belfry/contract.hpp"
#include "journal/batch_validator.hpp"
#include "journal/frame.hpp"
#include "journal/journal_errors.hpp"
#include "os/rocksdb/rocksdb_wal.hpp"

#include <algorithm>
#include <limits>

namespace belfry {

namespace {

constexpr auto last_event = std::numeric_limits<std::uint64_t>::max();

/// The space of a batch or object beside its bytes: frame, keys, RocksDB's overhead.
constexpr std::uint64_t overhead_bytes = 128;

std::uint64_t size_of(std::span<const append_batch> batches) {
  std::uint64_t bytes = 0;
  for (const auto& batch : batches)
    bytes += batch.bytes.size() + overhead_bytes;
  return bytes;
}

std::uint64_t size_of(std::span<const object> objects) {
  std::uint64_t bytes = 0;
  for (const auto& object : objects)
    bytes += object.bytes.size() + 2 * object.key.size() + overhead_bytes;
  return bytes;
}

} // namespace

storage_status engine_health::status() const {
  const std::lock_guard guard(mutex_);
  return error_;
}

storage_status engine_health::fail(const std::string& operation, const rocksdb::Status& status) {
  const std::lock_guard guard(mutex_);
  if (error_.ok())
    error_ = {storage_code::io_error,
              directory_ + ": " + operation + " failed: " + status.ToString() + "; open it again"};
  return error_;
}

rocksdb_engine::rocksdb_engine(resources opened)
    : resources_(std::move(opened)), health_(resources_.directory->path()),
      shards_(resources_.shard_count),
      space_([this] { return writable_bytes(); }, resources_.space_check_interval),
      reclaimer_(*resources_.database, resources_.free_bytes,
                 [this](const rocksdb::Status& status) {
                   (void)health_.fail("reclaiming space", status);
                 }) {}

rocksdb_engine::~rocksdb_engine() {
  if (sync().ok())
    resources_.watermark->sync();
}

storage_status rocksdb_engine::acquire(shard_id shard, std::uint64_t epoch_min,
                                       shard_ownership& ownership) {
  if (auto status = health_.status(); !status.ok())
    return status;
  auto& stored = state_of(shard).stored;
  stored.epoch = std::max(stored.epoch + 1, epoch_min);
  auto group = new_write_batch();
  put_shard_row(shard, group);
  if (auto status = commit_write_batch(group); !status.ok())
    return status;
  if (auto status = sync(); !status.ok())
    return status;
  ownership = {.epoch = stored.epoch, .head = stored.head};
  return {};
}

std::vector<storage_status> rocksdb_engine::write(std::span<const append_batch> batches) {
  std::vector<storage_status> results;
  results.reserve(batches.size());
  const auto bytes = size_of(batches);
  auto group = new_write_batch();
  for (const auto& batch : batches)
    results.push_back(add_batch(batch, bytes, group));
  if (group.Count() == 0)
    return results;
  if (const auto status = commit_write_batch(group); !status.ok())
    for (auto& result : results)
      if (result.ok())
        result = status;
  return results;
}

storage_status rocksdb_engine::sync() {
  if (auto status = health_.status(); !status.ok() || !is_dirty_)
    return status;
  auto& database = *resources_.database;
  const auto reached = database->GetLatestSequenceNumber();
  if (const auto status = database->SyncWAL(); !status.ok())
    return health_.fail("syncing", status);
  if (auto status = check_in_place("syncing"); !status.ok())
    return status;
  is_dirty_ = false;
  resources_.watermark->advance(reached);
  return {};
}

storage_status rocksdb_engine::read(shard_id shard, std::uint64_t first_event,
                                    const std::function<bool(const stored_batch&)>& visit) {
  if (auto status = health_.status(); !status.ok())
    return status;
  const auto stored = state_of(shard).stored; // `visit` may write.
  if (first_event > stored.head)
    return journal_too_short(shard, stored.head, first_event);
  if (first_event == stored.head)
    return {};
  const auto begin = batch_key(shard, stored.first_kept);
  const auto end = batch_key(shard, stored.head);
  const rocksdb::Slice lower(begin), upper(end);
  rocksdb::ReadOptions settings;
  settings.iterate_lower_bound = &lower;
  settings.iterate_upper_bound = &upper;
  settings.fill_cache = false;
  auto& database = *resources_.database;
  const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(settings, database.journal()));
  at->SeekForPrev(batch_key(shard, first_event));
  if (!at->Valid() && at->status().ok())
    at->SeekToFirst();
  batch_validator check(shard, first_event);
  for (stored_batch batch; at->Valid(); at->Next()) {
    const auto first = first_in_batch_key(at->key().ToStringView());
    if (auto status = check.validate(first, at->value().ToStringView(), batch); !status.ok())
      return status;
    if (!visit(batch))
      return {};
  }
  if (!at->status().ok())
    return read_error_status(shard, at->status());
  return check.finish(stored.head);
}

storage_status rocksdb_engine::put(shard_id shard, std::uint64_t epoch,
                                   std::span<const object> objects) {
  if (auto status = check_writable(shard, epoch, size_of(objects)); !status.ok())
    return status;
  auto& database = *resources_.database;
  auto& known = state_of(shard).objects;
  auto group = new_write_batch();
  for (const auto& object : objects) {
    expects(object.bytes.size() <= object_bytes_max, "journal::put: an object is at most 1 MiB");
    const auto found = known.find(object.key);
    expects(found == known.end() || !found->second, "journal::put: a live object never changes");
    group.Put(database.objects(), object_key(shard, object.key),
              frame_object(shard, epoch, object));
    group.Put(database.meta(), listing_key(shard, object.key),
              rocksdb::Slice(listed_as_uncommitted));
  }
  if (group.Count() == 0)
    return {};
  for (const auto& object : objects)
    known.emplace(object.key, false);
  return commit_write_batch(group);
}

storage_status rocksdb_engine::list(shard_id shard, const std::string& prefix,
                                    std::vector<std::string>& keys) {
  if (auto status = health_.status(); !status.ok())
    return status;
  keys.clear();
  const auto& known = state_of(shard).objects;
  for (auto at = known.lower_bound(prefix); at != known.end(); ++at) {
    if (!at->first.starts_with(prefix))
      break;
    keys.push_back(at->first);
  }
  return {};
}

storage_status rocksdb_engine::get(shard_id shard, const std::string& key, std::string& bytes) {
  if (auto status = health_.status(); !status.ok())
    return status;
  auto& database = *resources_.database;
  rocksdb::PinnableSlice framed;
  const auto status =
      database->Get(rocksdb::ReadOptions{}, database.objects(), object_key(shard, key), &framed);
  if (status.IsNotFound())
    return missing_object(shard, key);
  if (!status.ok())
    return read_error_status(shard, status);
  const auto content = unframe_object(shard, key, framed.ToStringView());
  if (!content)
    return damaged_object(shard, key);
  bytes = *content;
  return {};
}

storage_status rocksdb_engine::commit_snapshot(shard_id shard, std::uint64_t epoch,
                                               std::uint64_t position,
                                               std::span<const std::string> live_keys) {
  // Not refused while the disk is full: a snapshot frees space.
  if (auto status = health_.status(); !status.ok())
    return status;
  auto& state = state_of(shard);
  if (epoch != state.stored.epoch)
    return fenced_by_epoch(shard, epoch, state.stored.epoch);
  expects(position <= state.stored.head && position >= state.stored.snapshot,
          "journal::commit_snapshot: between the previous snapshot and the head");
  for (const auto& key : live_keys)
    if (!state.objects.contains(key))
      return missing_object(shard, key);
  std::uint64_t first_kept = 0;
  if (auto status = find_batch_with(shard, position, first_kept); !status.ok())
    return status;
  auto group = new_write_batch();
  drop_batches(shard, first_kept, group);
  drop_unlisted_objects(shard, live_keys, group);
  state.stored.snapshot = position;
  put_shard_row(shard, group);
  if (auto status = commit_write_batch(group); !status.ok())
    return status;
  if (auto status = sync(); !status.ok())
    return status;
  if (written_bytes_ >= resources_.reclaim_after_bytes) {
    written_bytes_ = 0;
    reclaimer_.request(this->first_kept());
  }
  return {};
}

bool rocksdb_engine::has_space() {
  if (space_.available_bytes() >= resources_.reserve_bytes)
    return true;
  // A directory that is gone seems to be full. The next call says what is wrong.
  return !check_in_place("measuring its free space").ok();
}

storage_status rocksdb_engine::snapshot_position(shard_id shard, std::uint64_t& position) {
  if (auto status = health_.status(); !status.ok())
    return status;
  position = state_of(shard).stored.snapshot;
  return {};
}

rocksdb_engine::shard_state& rocksdb_engine::state_of(shard_id shard) {
  expects(shard.value < shards_.size(),
          "journal: a shard's number is less than the number of shards");
  return shards_[shard.value];
}

storage_status rocksdb_engine::check_writable(shard_id shard, std::uint64_t epoch,
                                              std::uint64_t bytes) {
  if (auto status = health_.status(); !status.ok())
    return status;
  if (const auto current = state_of(shard).stored.epoch; epoch != current)
    return fenced_by_epoch(shard, epoch, current);
  // Bytes count twice: in the log, and in a table before the log can be deleted.
  const auto available_bytes = space_.available_bytes();
  if (available_bytes >= 2 * bytes + resources_.reserve_bytes / 8)
    return {};
  if (auto status = check_in_place("writing"); !status.ok())
    return status;
  return {storage_code::no_space, resources_.directory->path() +
                                      ": the disk is full: " + std::to_string(available_bytes) +
                                      " bytes are left to write " + std::to_string(bytes)};
}

/// What is written to a directory that is gone can be synced, and is lost nevertheless.
storage_status rocksdb_engine::check_in_place(const std::string& operation) {
  if (resources_.directory->is_in_place())
    return {};
  return health_.fail(operation,
                      rocksdb::Status::IOError("the directory was removed, replaced or unmounted"));
}

storage_status rocksdb_engine::add_batch(const append_batch& batch, std::uint64_t bytes,
                                         rocksdb::WriteBatch& group) {
  expects(batch.count > 0, "journal::write: a batch holds at least one event");
  if (auto status = check_writable(batch.shard, batch.epoch, bytes); !status.ok())
    return status;
  auto& head = state_of(batch.shard).stored.head;
  if (batch.first != head)
    return fenced_by_head(batch, head);
  group.Put(resources_.database->journal(), batch_key(batch.shard, batch.first),
            frame_batch(batch));
  head += batch.count;
  return {};
}

/// Sets `first` to the first event of the batch with event `position`; to `position` at the head.
storage_status rocksdb_engine::find_batch_with(shard_id shard, std::uint64_t position,
                                               std::uint64_t& first) {
  const auto& stored = state_of(shard).stored;
  first = position;
  if (position == stored.head)
    return {};
  const auto begin = batch_key(shard, stored.first_kept);
  const rocksdb::Slice lower(begin);
  rocksdb::ReadOptions settings;
  settings.iterate_lower_bound = &lower;
  auto& database = *resources_.database;
  const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(settings, database.journal()));
  at->SeekForPrev(batch_key(shard, position));
  if (!at->status().ok())
    return read_error_status(shard, at->status());
  if (!at->Valid())
    return missing_events(shard, position, stored.head);
  first = first_in_batch_key(at->key().ToStringView());
  return {};
}

void rocksdb_engine::drop_batches(shard_id shard, std::uint64_t first_kept,
                                  rocksdb::WriteBatch& group) {
  auto& stored = state_of(shard).stored;
  if (first_kept > stored.first_kept)
    group.DeleteRange(resources_.database->journal(), batch_key(shard, stored.first_kept),
                      batch_key(shard, first_kept));
  stored.first_kept = first_kept;
}

/// Writes only the differences to the previous snapshot's objects: there may be many objects, and
/// few change.
void rocksdb_engine::drop_unlisted_objects(shard_id shard, std::span<const std::string> live_keys,
                                           rocksdb::WriteBatch& group) {
  std::vector<std::string_view> live(live_keys.begin(), live_keys.end());
  std::sort(live.begin(), live.end());
  auto& database = *resources_.database;
  auto& known = state_of(shard).objects;
  for (auto at = known.begin(); at != known.end();) {
    if (!std::binary_search(live.begin(), live.end(), at->first)) {
      group.Delete(database.objects(), object_key(shard, at->first));
      group.Delete(database.meta(), listing_key(shard, at->first));
      at = known.erase(at);
      continue;
    }
    if (!at->second)
      group.Put(database.meta(), listing_key(shard, at->first), rocksdb::Slice(listed_as_live));
    at->second = true;
    ++at;
  }
}

void rocksdb_engine::put_shard_row(shard_id shard, rocksdb::WriteBatch& group) {
  group.Put(resources_.database->meta(), shard_key(shard), shard_value(state_of(shard).stored));
}

/// Each group notes in the log up to which change it is durable. After a crash this note and the
/// watermark decide whether a damaged write is a torn tail or lost data.
rocksdb::WriteBatch rocksdb_engine::new_write_batch() const {
  rocksdb::WriteBatch group;
  group.PutLogData(encode_durable_note(resources_.watermark->value()));
  return group;
}

storage_status rocksdb_engine::commit_write_batch(rocksdb::WriteBatch& group) {
  if (auto status = health_.status(); !status.ok())
    return status;
  is_dirty_ = true;
  written_bytes_ += group.GetDataSize();
  space_.count_written(2 * group.GetDataSize());
  const auto status = (*resources_.database)->Write(rocksdb::WriteOptions{}, &group);
  return status.ok() ? storage_status{} : health_.fail("writing", status);
}

/// Damage can be reported and the rest can still be read; any other error fails the engine.
storage_status rocksdb_engine::read_error_status(shard_id shard, const rocksdb::Status& status) {
  if (!status.IsCorruption())
    return health_.fail("reading", status);
  return {storage_code::corrupt, resources_.directory->path() + ": shard " +
                                     std::to_string(shard.value) + ": " + status.ToString()};
}

std::uint64_t rocksdb_engine::writable_bytes() const {
  std::uint64_t in_memory = 0;
  (*resources_.database)
      ->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &in_memory);
  const auto free = resources_.free_bytes();
  return free > in_memory ? free - in_memory : 0;
}

std::vector<std::uint64_t> rocksdb_engine::first_kept() const {
  std::vector<std::uint64_t> firsts;
  for (const auto& shard : shards_)
    firsts.push_back(shard.stored.first_kept);
  return firsts;
}

} // namespace belfry
