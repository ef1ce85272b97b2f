#pragma once

#include "belfry/contract.hpp"
#include "journal/journal.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// The behaviour that all engines of `journal` share, as test cases: the test file of an engine
/// includes journal_conformance.ipp, and then, if the engine has its own disk,
/// disk_conformance.ipp.
///
/// `Engine` has `open() -> std::shared_ptr<journal>` (a new one; the previous one is closed, and
/// all that it wrote was synced). With its own disk it also has `fill()` and `empty()` (the disk),
/// `nearly_fill()`, and `fail_next_sync()`.
template <class Engine>
class journal_conformance {
public:
  journal_conformance() { reopen(); }

  void reopen() {
    store.reset();
    store = engine.open();
  }

  shard_ownership acquire(shard_id shard, std::uint64_t epoch_min = 0) {
    shard_ownership ownership;
    REQUIRE(store->acquire(shard, epoch_min, ownership).ok());
    return ownership;
  }

  storage_status append(shard_id shard, std::uint64_t epoch, std::uint64_t first,
                        std::uint32_t count, std::string bytes) {
    const append_batch batch{shard, epoch, first, count, std::move(bytes)};
    return store->write({&batch, 1}).at(0);
  }

  /// The batches from the one that holds `first_event` on, as `first+count:bytes`.
  std::vector<std::string> read(shard_id shard, std::uint64_t first_event) {
    std::vector<std::string> found;
    last_status = store->read(shard, first_event, [&](const stored_batch& batch) {
      found.push_back(std::to_string(batch.first) + "+" + std::to_string(batch.count) + ":" +
                      std::string(batch.bytes));
      return true;
    });
    return found;
  }

  storage_status put(shard_id shard, std::uint64_t epoch, std::vector<object> objects) {
    return store->put(shard, epoch, objects);
  }

  storage_status commit(shard_id shard, std::uint64_t epoch, std::uint64_t position,
                        std::vector<std::string> keys) {
    return store->commit_snapshot(shard, epoch, position, keys);
  }

  std::vector<std::string> list(shard_id shard, const std::string& prefix = "") {
    std::vector<std::string> keys;
    REQUIRE(store->list(shard, prefix, keys).ok());
    return keys;
  }

  std::string get(shard_id shard, const std::string& key) {
    std::string bytes;
    last_status = store->get(shard, key, bytes);
    return bytes;
  }

  std::uint64_t snapshot(shard_id shard) {
    std::uint64_t position = 0;
    REQUIRE(store->snapshot_position(shard, position).ok());
    return position;
  }

  Engine engine;
  std::shared_ptr<journal> store;
  storage_status last_status; // Of the last `read` or `get`.
};

using texts = std::vector<std::string>;

} // namespace belfry
