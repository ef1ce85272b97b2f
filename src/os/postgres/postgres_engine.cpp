#include "os/postgres/postgres_engine.hpp"

#include "belfry/contract.hpp"
#include "journal/batch_validator.hpp"
#include "journal/frame.hpp"
#include "journal/journal_errors.hpp"
#include "os/postgres/postgres_statements.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

namespace belfry {

namespace {

postgres_parameters with(shard_id shard) {
  return std::move(postgres_parameters{}.number(shard.value));
}

} // namespace

postgres_engine::postgres_engine(postgres_target place,
                                 std::unique_ptr<postgres_connection> session, std::uint16_t shards,
                                 member_id owner)
    : client_(std::move(place), std::move(session), shards), owner_(owner) {}

storage_status postgres_engine::acquire(shard_id shard, shard_ownership& now) {
  expects(shard.value < client_.shards(), "journal: the shard is one of the cluster's");
  postgres_rows rows;
  auto how = owner_ ? client_.execute(raise_epoch_of_owner, with(shard).number(owner_.value), rows)
                    : client_.execute(raise_epoch, with(shard), rows);
  if (!how.ok())
    return how;
  if (rows.size() == 0)
    return fenced_by_assignment(shard);
  now = {.epoch = rows.number(0, 0), .head = rows.number(0, 1)};
  return {};
}

std::vector<storage_status> postgres_engine::write(std::span<const append_batch> batches) {
  for (const auto& batch : batches)
    expects(batch.count > 0, "journal::write: a batch holds at least one event");
  std::vector<storage_status> results(batches.size());
  std::vector<std::size_t> left(batches.size());
  std::iota(left.begin(), left.end(), 0);
  // One statement, unless batches of a shard do not continue each other.
  while (!left.empty()) {
    postgres_append_statement statement;
    std::vector<std::size_t> later;
    for (const auto at : left)
      if (!statement.add(batches[at], at))
        later.push_back(at);
    if (const auto how = append(statement, batches, results, later); !how.ok())
      for (const auto at : std::exchange(later, {}))
        results[at] = how;
    left = std::move(later);
  }
  return results;
}

/// Sets the results of what `statement` holds. What is behind a fenced batch of its shard is yet to
/// be decided on, and is added to `later`.
storage_status postgres_engine::append(const postgres_append_statement& statement,
                                       std::span<const append_batch> batches,
                                       std::vector<storage_status>& results,
                                       std::vector<std::size_t>& later) {
  postgres_rows rows;
  const auto how = client_.execute(append_chains, statement.parameters(batches), rows);
  std::set<std::uint64_t> moved;
  for (std::size_t row = 0; row < rows.size(); ++row)
    moved.insert(rows.number(row, 0));
  for (const auto& [shard, chain] : statement.chains()) {
    const auto& batch_indexes = chain.batch_indexes;
    if (how.ok() && !moved.contains(shard.value)) {
      results[batch_indexes.front()] = fenced_status(batches[batch_indexes.front()]);
      later.insert(later.end(), batch_indexes.begin() + 1, batch_indexes.end());
      continue;
    }
    for (const auto at : batch_indexes)
      results[at] = how;
  }
  std::sort(later.begin(), later.end());
  if (!moved.empty())
    client_.clear_disk_full();
  return how;
}

storage_status postgres_engine::sync() {
  return client_.permanent_error();
}

storage_status postgres_engine::read(shard_id shard, std::uint64_t from,
                                     const std::function<bool(const stored_batch&)>& each) {
  shard_row now;
  if (auto how = read_shard_row(shard, now); !how.ok())
    return how;
  if (from > now.head)
    return journal_too_short(shard, now.head, from);
  batch_validator check(shard, from);
  for (auto next = from; next < now.head;) {
    postgres_rows rows;
    if (auto how = client_.query(read_batches, with(shard).number(next).number(now.head), rows);
        !how.ok())
      return how;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      stored_batch held;
      if (auto how = check.validate(rows.number(row, 0), rows.bytes(row, 1), held); !how.ok())
        return missing_or_fenced_status(shard, now, std::move(how));
      if (!each(held))
        return {};
      next = held.first + held.count;
    }
    if (rows.size() == 0)
      break;
  }
  auto how = check.finish(now.head);
  return how.ok() ? how : missing_or_fenced_status(shard, now, std::move(how));
}

storage_status postgres_engine::put(shard_id shard, std::uint64_t epoch,
                                    std::span<const object> objects) {
  std::map<std::string_view, const object*> last; // Of each key: a statement writes a row once.
  for (const auto& one : objects) {
    expects(one.bytes.size() <= object_bytes_max, "journal::put: an object is at most 1 MiB");
    last[one.key] = &one;
  }
  auto keys = postgres_array::of_bytes(), blobs = keys;
  for (const auto& [key, one] : last) {
    keys.add(key);
    blobs.add(frame_object(shard, epoch, *one));
  }
  postgres_rows rows;
  auto how = client_.execute(
      put_objects, with(shard).number(epoch).array(std::move(keys)).array(std::move(blobs)), rows);
  if (!how.ok() || rows.size() == last.size())
    return how;
  shard_row now;
  if (how = read_shard_row(shard, now); !how.ok())
    return how;
  expects(now.epoch != epoch, "journal::put: a live object never changes");
  return fenced_by_epoch(shard, epoch, now.epoch);
}

storage_status postgres_engine::list(shard_id shard, const std::string& prefix,
                                     std::vector<std::string>& keys) {
  postgres_rows rows;
  if (auto how = client_.query(list_objects, with(shard).bytes(prefix), rows); !how.ok())
    return how;
  keys.clear();
  for (std::size_t row = 0; row < rows.size(); ++row)
    keys.emplace_back(rows.bytes(row, 0));
  return {};
}

storage_status postgres_engine::get(shard_id shard, const std::string& key, std::string& bytes) {
  postgres_rows rows;
  if (auto how = client_.query(get_object, with(shard).bytes(key), rows); !how.ok())
    return how;
  if (rows.size() == 0)
    return missing_object(shard, key);
  const auto held = unframe_object(shard, key, rows.bytes(0, 0));
  if (!held)
    return damaged_object(shard, key);
  bytes = *held;
  return {};
}

storage_status postgres_engine::commit_snapshot(shard_id shard, std::uint64_t epoch,
                                                std::uint64_t position,
                                                std::span<const std::string> live_keys) {
  auto keys = postgres_array::of_bytes();
  for (const auto& key : live_keys)
    keys.add(key);
  postgres_rows rows;
  auto how = client_.execute(publish_snapshot,
                             with(shard).number(epoch).number(position).array(keys), rows);
  if (!how.ok() || rows.size() > 0)
    return how;
  shard_row now;
  if (how = read_shard_row(shard, now); !how.ok())
    return how;
  if (epoch != now.epoch)
    return fenced_by_epoch(shard, epoch, now.epoch);
  expects(position <= now.head && position >= now.snapshot,
          "journal::commit_snapshot: between the previous snapshot and the head");
  if (how = client_.query(find_missing, with(shard).array(std::move(keys)), rows); !how.ok())
    return how;
  if (rows.size() > 0)
    return missing_object(shard, std::string(rows.bytes(0, 0)));
  return {storage_code::unavailable, client_.name() + ": the shard changed meanwhile"};
}

bool postgres_engine::has_space() {
  return client_.has_space();
}

storage_status postgres_engine::snapshot_position(shard_id shard, std::uint64_t& position) {
  shard_row now;
  if (auto how = read_shard_row(shard, now); !how.ok())
    return how;
  position = now.snapshot;
  return {};
}

storage_status postgres_engine::read_shard_row(shard_id shard, shard_row& row) {
  postgres_rows rows;
  if (auto how = client_.query(select_shard, with(shard), rows); !how.ok() || rows.size() == 0)
    return how;
  row = {.epoch = rows.number(0, 0), .head = rows.number(0, 1), .snapshot = rows.number(0, 2)};
  return {};
}

storage_status postgres_engine::fenced_status(const append_batch& batch) {
  shard_row now;
  if (auto how = read_shard_row(batch.shard, now); !how.ok())
    return {storage_code::fenced, "shard " + std::to_string(batch.shard.value) +
                                      ": not the owner's, or not at the head; " + how.text};
  return now.epoch != batch.epoch ? fenced_by_epoch(batch.shard, batch.epoch, now.epoch)
                                  : fenced_by_head(batch, now.head);
}

/// `how` says that a batch is missing: not if a snapshot has been committed since `before`.
storage_status postgres_engine::missing_or_fenced_status(shard_id shard, const shard_row& before,
                                                         storage_status how) {
  shard_row now;
  if (!read_shard_row(shard, now).ok() || now.snapshot == before.snapshot)
    return how;
  return {storage_code::fenced, "shard " + std::to_string(shard.value) +
                                    ": its batches were dropped while they were read: a snapshot "
                                    "stands for the events before " +
                                    std::to_string(now.snapshot)};
}

} // namespace belfry
