// Loading the stored state when the engine is opened.
#include "os/rocksdb/rocksdb_engine.hpp"

#include "journal/frame.hpp"
#include "journal/journal_errors.hpp"

#include <limits>

namespace belfry {

storage_status rocksdb_engine::load() {
  for (std::size_t i = 0; i < shards_.size(); ++i)
    if (auto status = load_shard({static_cast<std::uint16_t>(i)}); !status.ok())
      return status;
  return {};
}

storage_status rocksdb_engine::load_shard(shard_id shard) {
  auto& database = *resources_.database;
  std::string value;
  const auto status =
      database->Get(rocksdb::ReadOptions{}, database.meta(), shard_key(shard), &value);
  if (status.IsNotFound())
    return {}; // Never acquired, so never written.
  if (!status.ok())
    return read_error_status(shard, status);
  const auto stored = parse_shard_value(value);
  if (!stored)
    return damaged_shard(shard);
  state_of(shard).stored = *stored;
  if (auto loaded = load_head(shard); !loaded.ok())
    return loaded;
  return load_objects(shard);
}

/// The head follows the last batch; the stored head may be older, never newer.
storage_status rocksdb_engine::load_head(shard_id shard) {
  auto& stored = state_of(shard).stored;
  const auto begin = batch_key(shard, stored.first_kept);
  const auto end = batch_key(shard, std::numeric_limits<std::uint64_t>::max());
  const rocksdb::Slice lower(begin), upper(end);
  rocksdb::ReadOptions settings;
  settings.iterate_lower_bound = &lower;
  settings.iterate_upper_bound = &upper;
  auto& database = *resources_.database;
  const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(settings, database.journal()));
  at->SeekToLast();
  if (!at->status().ok())
    return read_error_status(shard, at->status());
  auto head = stored.first_kept;
  if (at->Valid()) {
    const auto first = first_in_batch_key(at->key().ToStringView());
    const auto batch = unframe_batch(shard, first, at->value().ToStringView());
    if (!batch)
      return damaged_batch(shard, first);
    head = first + batch->count;
  }
  if (head < stored.head)
    return journal_too_short(shard, head, stored.head);
  stored.head = head;
  return {};
}

storage_status rocksdb_engine::load_objects(shard_id shard) {
  const auto prefix = listing_key(shard, "");
  auto& database = *resources_.database;
  const std::unique_ptr<rocksdb::Iterator> at(
      database->NewIterator(rocksdb::ReadOptions{}, database.meta()));
  auto& known = state_of(shard).objects;
  for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next())
    known.emplace(object_in_listing_key(at->key().ToStringView()),
                  at->value().ToStringView() == listed_as_live);
  return at->status().ok() ? storage_status{} : read_error_status(shard, at->status());
}

} // namespace belfry
