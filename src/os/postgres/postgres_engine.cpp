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

postgres_engine::postgres_engine(postgres_target target,
                                 std::unique_ptr<postgres_connection> session,
                                 std::uint16_t shard_count, member_id owner)
    : client_(std::move(target), std::move(session), shard_count), owner_(owner) {}

storage_status postgres_engine::acquire(shard_id shard, std::uint64_t epoch_min,
                                        shard_ownership& ownership) {
  expects(shard.value < client_.shard_count(), "journal: the shard is one of the cluster's");
  postgres_rows rows;
  auto parameters = with(shard).number(epoch_min);
  auto status = owner_
                    ? client_.execute(raise_epoch_of_owner, parameters.number(owner_.value), rows)
                    : client_.execute(raise_epoch, parameters, rows);
  if (!status.ok())
    return status;
  if (rows.size() == 0)
    return fenced_by_assignment(shard);
  ownership = {.epoch = rows.number(0, 0), .head = rows.number(0, 1)};
  return {};
}

std::vector<storage_status> postgres_engine::write(std::span<const append_batch> batches) {
  for (const auto& batch : batches)
    expects(batch.count > 0, "journal::write: a batch holds at least one event");
  std::vector<storage_status> results(batches.size());
  std::vector<std::size_t> remaining(batches.size());
  std::iota(remaining.begin(), remaining.end(), 0);
  // One statement, unless batches of a shard are not consecutive.
  while (!remaining.empty()) {
    postgres_append_statement statement;
    std::vector<std::size_t> later;
    for (const auto index : remaining)
      if (!statement.add(batches[index], index))
        later.push_back(index);
    if (const auto status = append(statement, batches, results, later); !status.ok())
      for (const auto index : std::exchange(later, {}))
        results[index] = status;
    remaining = std::move(later);
  }
  return results;
}

/// Sets the results of the batches in `statement`. The batches behind a fenced one of their shard
/// are still undecided, and are added to `later`.
storage_status postgres_engine::append(const postgres_append_statement& statement,
                                       std::span<const append_batch> batches,
                                       std::vector<storage_status>& results,
                                       std::vector<std::size_t>& later) {
  postgres_rows rows;
  const auto status = client_.execute(append_chains, statement.parameters(batches), rows);
  std::set<std::uint64_t> moved;
  for (std::size_t row = 0; row < rows.size(); ++row)
    moved.insert(rows.number(row, 0));
  for (const auto& [shard, chain] : statement.chains()) {
    const auto& batch_indexes = chain.batch_indexes;
    if (status.ok() && !moved.contains(shard.value)) {
      results[batch_indexes.front()] = fenced_status(batches[batch_indexes.front()]);
      later.insert(later.end(), batch_indexes.begin() + 1, batch_indexes.end());
      continue;
    }
    for (const auto index : batch_indexes)
      results[index] = status;
  }
  std::sort(later.begin(), later.end());
  if (!moved.empty())
    client_.clear_disk_full();
  return status;
}

storage_status postgres_engine::sync() {
  return client_.permanent_error();
}

storage_status postgres_engine::read(shard_id shard, std::uint64_t first_event,
                                     const std::function<bool(const stored_batch&)>& visit) {
  shard_row row;
  if (auto status = read_shard_row(shard, row); !status.ok())
    return status;
  if (first_event > row.head)
    return journal_too_short(shard, row.head, first_event);
  batch_validator check(shard, first_event);
  for (auto next = first_event; next < row.head;) {
    postgres_rows rows;
    if (auto status = client_.query(read_batches, with(shard).number(next).number(row.head), rows);
        !status.ok())
      return status;
    for (std::size_t index = 0; index < rows.size(); ++index) {
      stored_batch batch;
      if (auto status = check.validate(rows.number(index, 0), rows.bytes(index, 1), batch);
          !status.ok())
        return missing_or_fenced_status(shard, row, std::move(status));
      if (!visit(batch))
        return {};
      next = batch.first + batch.count;
    }
    if (rows.size() == 0)
      break;
  }
  auto status = check.finish(row.head);
  return status.ok() ? status : missing_or_fenced_status(shard, row, std::move(status));
}

storage_status postgres_engine::put(shard_id shard, std::uint64_t epoch,
                                    std::span<const object> objects) {
  std::map<std::string_view, const object*>
      last; // The last object of each key: a statement can write a row only once.
  for (const auto& object : objects) {
    expects(object.bytes.size() <= object_bytes_max, "journal::put: an object is at most 1 MiB");
    last[object.key] = &object;
  }
  auto keys = postgres_array::of_bytes(), blobs = keys;
  for (const auto& [key, object] : last) {
    keys.add(key);
    blobs.add(frame_object(shard, epoch, *object));
  }
  postgres_rows rows;
  auto status = client_.execute(
      put_objects, with(shard).number(epoch).array(std::move(keys)).array(std::move(blobs)), rows);
  if (!status.ok() || rows.size() == last.size())
    return status;
  shard_row row;
  if (status = read_shard_row(shard, row); !status.ok())
    return status;
  expects(row.epoch != epoch, "journal::put: a live object never changes");
  return fenced_by_epoch(shard, epoch, row.epoch);
}

storage_status postgres_engine::list(shard_id shard, const std::string& prefix,
                                     std::vector<std::string>& keys) {
  postgres_rows rows;
  if (auto status = client_.query(list_objects, with(shard).bytes(prefix), rows); !status.ok())
    return status;
  keys.clear();
  for (std::size_t row = 0; row < rows.size(); ++row)
    keys.emplace_back(rows.bytes(row, 0));
  return {};
}

storage_status postgres_engine::get(shard_id shard, const std::string& key, std::string& bytes) {
  postgres_rows rows;
  if (auto status = client_.query(get_object, with(shard).bytes(key), rows); !status.ok())
    return status;
  if (rows.size() == 0)
    return missing_object(shard, key);
  const auto content = unframe_object(shard, key, rows.bytes(0, 0));
  if (!content)
    return damaged_object(shard, key);
  bytes = *content;
  return {};
}

storage_status postgres_engine::commit_snapshot(shard_id shard, std::uint64_t epoch,
                                                std::uint64_t position,
                                                std::span<const std::string> live_keys) {
  auto keys = postgres_array::of_bytes();
  for (const auto& key : live_keys)
    keys.add(key);
  postgres_rows rows;
  auto status = client_.execute(publish_snapshot,
                                with(shard).number(epoch).number(position).array(keys), rows);
  if (!status.ok() || rows.size() > 0)
    return status;
  shard_row row;
  if (status = read_shard_row(shard, row); !status.ok())
    return status;
  if (epoch != row.epoch)
    return fenced_by_epoch(shard, epoch, row.epoch);
  expects(position <= row.head && position >= row.snapshot,
          "journal::commit_snapshot: between the previous snapshot and the head");
  if (status = client_.query(find_missing, with(shard).array(std::move(keys)), rows); !status.ok())
    return status;
  if (rows.size() > 0)
    return missing_object(shard, std::string(rows.bytes(0, 0)));
  return {storage_code::unavailable, client_.name() + ": the shard changed meanwhile"};
}

bool postgres_engine::has_space() {
  return client_.has_space();
}

storage_status postgres_engine::snapshot_position(shard_id shard, std::uint64_t& position) {
  shard_row row;
  if (auto status = read_shard_row(shard, row); !status.ok())
    return status;
  position = row.snapshot;
  return {};
}

storage_status postgres_engine::read_shard_row(shard_id shard, shard_row& row) {
  postgres_rows rows;
  if (auto status = client_.query(select_shard, with(shard), rows);
      !status.ok() || rows.size() == 0)
    return status;
  row = {.epoch = rows.number(0, 0), .head = rows.number(0, 1), .snapshot = rows.number(0, 2)};
  return {};
}

storage_status postgres_engine::fenced_status(const append_batch& batch) {
  shard_row row;
  if (auto status = read_shard_row(batch.shard, row); !status.ok())
    return {storage_code::fenced, "shard " + std::to_string(batch.shard.value) +
                                      ": not owned, or not at the head; " + status.text};
  return row.epoch != batch.epoch ? fenced_by_epoch(batch.shard, batch.epoch, row.epoch)
                                  : fenced_by_head(batch, row.head);
}

/// `status` reports a missing batch. Returns `fenced` instead if a snapshot was committed since
/// `before`.
storage_status postgres_engine::missing_or_fenced_status(shard_id shard, const shard_row& before,
                                                         storage_status status) {
  shard_row row;
  if (!read_shard_row(shard, row).ok() || row.snapshot == before.snapshot)
    return status;
  return {storage_code::fenced, "shard " + std::to_string(shard.value) +
                                    ": its batches were dropped while they were read: a snapshot "
                                    "stands for the events before " +
                                    std::to_string(row.snapshot)};
}

} // namespace belfry
