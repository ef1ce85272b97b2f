#include "os/rocksdb/rocksdb_engine.hpp"

#include "belfry/contract.hpp"
#include "journal/batch_check.hpp"
#include "journal/frame.hpp"
#include "journal/journal_texts.hpp"
#include "os/rocksdb/rocksdb_log.hpp"

#include <algorithm>
#include <limits>

namespace belfry {

namespace {

constexpr auto last_event = std::numeric_limits<std::uint64_t>::max();

/// What a batch or object takes beside its bytes: frame, keys, RocksDB's own.
constexpr std::uint64_t overhead_bytes = 128;

std::uint64_t size_of(std::span<const append_batch> batches) {
  std::uint64_t bytes = 0;
  for (const auto& batch : batches)
    bytes += batch.bytes.size() + overhead_bytes;
  return bytes;
}

std::uint64_t size_of(std::span<const object> objects) {
  std::uint64_t bytes = 0;
  for (const auto& one : objects)
    bytes += one.bytes.size() + 2 * one.key.size() + overhead_bytes;
  return bytes;
}

} // namespace

status engine_health::now() const {
  const std::lock_guard guard(mutex_);
  return error_;
}

status engine_health::end(const std::string& doing, const rocksdb::Status& how) {
  const std::lock_guard guard(mutex_);
  if (error_.ok())
    error_ = {outcome_code::io_error,
              directory_ + ": " + doing + " failed: " + how.ToString() + "; open it anew"};
  return error_;
}

rocksdb_engine::rocksdb_engine(parts opened)
    : parts_(std::move(opened)), health_(parts_.directory->path()), shards_(parts_.shards),
      space_([this] { return writable_bytes(); }, parts_.space_check_every),
      reclaimer_(*parts_.database, parts_.free_bytes, [this](const rocksdb::Status& how) {
        (void)health_.end("giving space back", how);
      }) {}

rocksdb_engine::~rocksdb_engine() {
  if (sync().ok())
    parts_.mark->sync();
}

status rocksdb_engine::acquire(shard_id shard, owned& now) {
  if (auto how = health_.now(); !how.ok())
    return how;
  auto& stored = state_of(shard).stored;
  ++stored.epoch;
  auto group = new_group();
  store(shard, group);
  if (auto how = write_group(group); !how.ok())
    return how;
  if (auto how = sync(); !how.ok())
    return how;
  now = {.epoch = stored.epoch, .head = stored.head};
  return {};
}

std::vector<status> rocksdb_engine::write(std::span<const append_batch> batches) {
  std::vector<status> results;
  results.reserve(batches.size());
  const auto bytes = size_of(batches);
  auto group = new_group();
  for (const auto& batch : batches)
    results.push_back(add_batch(batch, bytes, group));
  if (group.Count() == 0)
    return results;
  if (const auto how = write_group(group); !how.ok())
    for (auto& one : results)
      if (one.ok())
        one = how;
  return results;
}

status rocksdb_engine::sync() {
  if (auto how = health_.now(); !how.ok() || !is_dirty_)
    return how;
  auto& database = *parts_.database;
  const auto reached = database->GetLatestSequenceNumber();
  if (const auto how = database->SyncWAL(); !how.ok())
    return health_.end("syncing", how);
  is_dirty_ = false;
  parts_.mark->raise(reached);
  return {};
}

status rocksdb_engine::read(shard_id shard, std::uint64_t from,
                            const std::function<bool(const record&)>& each) {
  if (auto how = health_.now(); !how.ok())
    return how;
  const auto stored = state_of(shard).stored; // `each` may write.
  if (from > stored.head)
    return journal_too_short(shard, stored.head, from);
  if (from == stored.head)
    return {};
  const auto begin = batch_key(shard, stored.kept_from);
  const auto end = batch_key(shard, stored.head);
  const rocksdb::Slice lower(begin), upper(end);
  rocksdb::ReadOptions settings;
  settings.iterate_lower_bound = &lower;
  settings.iterate_upper_bound = &upper;
  settings.fill_cache = false;
  auto& database = *parts_.database;
  const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(settings, database.journal()));
  at->SeekForPrev(batch_key(shard, from));
  if (!at->Valid() && at->status().ok())
    at->SeekToFirst();
  batch_check check(shard, from);
  for (record held; at->Valid(); at->Next()) {
    const auto first = first_in_batch_key(at->key().ToStringView());
    if (auto how = check.accept(first, at->value().ToStringView(), held); !how.ok())
      return how;
    if (!each(held))
      return {};
  }
  if (!at->status().ok())
    return broken_or_damaged(shard, at->status());
  return check.finish(stored.head);
}

status rocksdb_engine::put(shard_id shard, std::uint64_t epoch, std::span<const object> objects) {
  if (auto how = may_write(shard, epoch, size_of(objects)); !how.ok())
    return how;
  auto& database = *parts_.database;
  auto& known = state_of(shard).objects;
  auto group = new_group();
  for (const auto& one : objects) {
    expects(one.bytes.size() <= object_bytes_max, "journal::put: an object is at most 1 MiB");
    const auto found = known.find(one.key);
    expects(found == known.end() || !found->second, "journal::put: a live object never changes");
    group.Put(database.objects(), object_key(shard, one.key), frame_object(shard, epoch, one));
    group.Put(database.meta(), listing_key(shard, one.key), rocksdb::Slice(listed_as_put));
  }
  if (group.Count() == 0)
    return {};
  for (const auto& one : objects)
    known.emplace(one.key, false);
  return write_group(group);
}

status rocksdb_engine::list(shard_id shard, const std::string& prefix,
                            std::vector<std::string>& keys) {
  if (auto how = health_.now(); !how.ok())
    return how;
  keys.clear();
  const auto& known = state_of(shard).objects;
  for (auto at = known.lower_bound(prefix); at != known.end(); ++at) {
    if (!at->first.starts_with(prefix))
      break;
    keys.push_back(at->first);
  }
  return {};
}

status rocksdb_engine::get(shard_id shard, const std::string& key, std::string& bytes) {
  if (auto how = health_.now(); !how.ok())
    return how;
  auto& database = *parts_.database;
  rocksdb::PinnableSlice framed;
  const auto how =
      database->Get(rocksdb::ReadOptions{}, database.objects(), object_key(shard, key), &framed);
  if (how.IsNotFound())
    return missing_object(shard, key);
  if (!how.ok())
    return broken_or_damaged(shard, how);
  const auto held = unframe_object(shard, key, framed.ToStringView());
  if (!held)
    return damaged_object(shard, key);
  bytes = *held;
  return {};
}

status rocksdb_engine::commit_snapshot(shard_id shard, std::uint64_t epoch, std::uint64_t upto,
                                       std::span<const std::string> live_keys) {
  // Not refused while the disk is full: a snapshot is what makes room.
  if (auto how = health_.now(); !how.ok())
    return how;
  auto& state = state_of(shard);
  if (epoch != state.stored.epoch)
    return fenced_by_epoch(shard, epoch, state.stored.epoch);
  expects(upto <= state.stored.head && upto >= state.stored.snapshot,
          "journal::commit_snapshot: between the previous snapshot and the head");
  for (const auto& key : live_keys)
    if (!state.objects.contains(key))
      return missing_object(shard, key);
  std::uint64_t kept_from = 0;
  if (auto how = find_holder(shard, upto, kept_from); !how.ok())
    return how;
  auto group = new_group();
  drop_batches(shard, kept_from, group);
  keep_only(shard, live_keys, group);
  state.stored.snapshot = upto;
  store(shard, group);
  if (auto how = write_group(group); !how.ok())
    return how;
  if (auto how = sync(); !how.ok())
    return how;
  if (written_bytes_ >= parts_.reclaim_after_bytes) {
    written_bytes_ = 0;
    reclaimer_.start(this->kept_from());
  }
  return {};
}

bool rocksdb_engine::has_room() {
  return space_.room() >= parts_.reserve_bytes;
}

status rocksdb_engine::snapshot_position(shard_id shard, std::uint64_t& upto) {
  if (auto how = health_.now(); !how.ok())
    return how;
  upto = state_of(shard).stored.snapshot;
  return {};
}

rocksdb_engine::shard_state& rocksdb_engine::state_of(shard_id shard) {
  expects(shard.value < shards_.size(), "journal: a shard's number is less than their number");
  return shards_[shard.value];
}

status rocksdb_engine::may_write(shard_id shard, std::uint64_t epoch, std::uint64_t bytes) {
  if (auto how = health_.now(); !how.ok())
    return how;
  if (const auto current = state_of(shard).stored.epoch; epoch != current)
    return fenced_by_epoch(shard, epoch, current);
  // Bytes count twice: in the log, and in a table before the log can go.
  const auto room = space_.room();
  if (room >= 2 * bytes + parts_.reserve_bytes / 8)
    return {};
  return {outcome_code::no_space, parts_.directory->path() +
                                      ": the disk is full: " + std::to_string(room) +
                                      " bytes are left to write " + std::to_string(bytes)};
}

status rocksdb_engine::add_batch(const append_batch& batch, std::uint64_t bytes,
                                 rocksdb::WriteBatch& group) {
  expects(batch.count > 0, "journal::write: a batch holds at least one event");
  if (auto how = may_write(batch.shard, batch.epoch, bytes); !how.ok())
    return how;
  auto& head = state_of(batch.shard).stored.head;
  if (batch.first != head)
    return fenced_by_head(batch, head);
  group.Put(parts_.database->journal(), batch_key(batch.shard, batch.first), frame_record(batch));
  head += batch.count;
  return {};
}

/// Sets `first` to the first event of the batch that holds event `upto`; to `upto` at the head.
status rocksdb_engine::find_holder(shard_id shard, std::uint64_t upto, std::uint64_t& first) {
  const auto& stored = state_of(shard).stored;
  first = upto;
  if (upto == stored.head)
    return {};
  const auto begin = batch_key(shard, stored.kept_from);
  const rocksdb::Slice lower(begin);
  rocksdb::ReadOptions settings;
  settings.iterate_lower_bound = &lower;
  auto& database = *parts_.database;
  const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(settings, database.journal()));
  at->SeekForPrev(batch_key(shard, upto));
  if (!at->status().ok())
    return broken_or_damaged(shard, at->status());
  if (!at->Valid())
    return missing_records(shard, upto, stored.head);
  first = first_in_batch_key(at->key().ToStringView());
  return {};
}

void rocksdb_engine::drop_batches(shard_id shard, std::uint64_t kept_from,
                                  rocksdb::WriteBatch& group) {
  auto& stored = state_of(shard).stored;
  if (kept_from > stored.kept_from)
    group.DeleteRange(parts_.database->journal(), batch_key(shard, stored.kept_from),
                      batch_key(shard, kept_from));
  stored.kept_from = kept_from;
}

/// Writes what changes between the previous snapshot's objects and these, not all of them: there
/// may be many, and few change.
void rocksdb_engine::keep_only(shard_id shard, std::span<const std::string> live_keys,
                               rocksdb::WriteBatch& group) {
  std::vector<std::string_view> live(live_keys.begin(), live_keys.end());
  std::sort(live.begin(), live.end());
  auto& database = *parts_.database;
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

void rocksdb_engine::store(shard_id shard, rocksdb::WriteBatch& group) {
  group.Put(parts_.database->meta(), shard_key(shard), shard_value(state_of(shard).stored));
}

/// A group tells the log up to where it is durable: after a crash that decides, together with the
/// mark beside it, whether something is a torn tail or damage.
rocksdb::WriteBatch rocksdb_engine::new_group() const {
  rocksdb::WriteBatch group;
  group.PutLogData(durable_note(parts_.mark->value()));
  return group;
}

status rocksdb_engine::write_group(rocksdb::WriteBatch& group) {
  if (auto how = health_.now(); !how.ok())
    return how;
  is_dirty_ = true;
  written_bytes_ += group.GetDataSize();
  space_.spend(2 * group.GetDataSize());
  const auto how = (*parts_.database)->Write(rocksdb::WriteOptions{}, &group);
  return how.ok() ? status{} : health_.end("writing", how);
}

/// Damage can be named and the rest be read; after any other error nothing is certain.
status rocksdb_engine::broken_or_damaged(shard_id shard, const rocksdb::Status& how) {
  if (!how.IsCorruption())
    return health_.end("reading", how);
  return {outcome_code::corrupt, parts_.directory->path() + ": shard " +
                                     std::to_string(shard.value) + ": " + how.ToString()};
}

std::uint64_t rocksdb_engine::writable_bytes() const {
  std::uint64_t in_memory = 0;
  (*parts_.database)
      ->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &in_memory);
  const auto free = parts_.free_bytes();
  return free > in_memory ? free - in_memory : 0;
}

std::vector<std::uint64_t> rocksdb_engine::kept_from() const {
  std::vector<std::uint64_t> firsts;
  for (const auto& shard : shards_)
    firsts.push_back(shard.stored.kept_from);
  return firsts;
}

} // namespace belfry
