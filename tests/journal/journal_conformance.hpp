#pragma once

#include "belfry/contract.hpp"
#include "journal/journal.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// What every engine of `journal` does alike, as test cases: an engine's test file instantiates
/// them by including journal_conformance.ipp, and those of an engine that has a disk of its own by
/// including disk_conformance.ipp behind it.
///
/// `Engine` has `open() -> std::shared_ptr<journal>` (a new one; the former is gone, all that it
/// wrote was synced). With a disk of its own it has also `fill()` and `empty()` (the disk),
/// `nearly_fill()`, and `fail_next_sync()`.
template <class Engine>
class journal_conformance {
public:
  journal_conformance() { reopen(); }

  void reopen() {
    store.reset();
    store = engine.open();
  }

  shard_ownership acquire(shard_id shard) {
    shard_ownership now;
    REQUIRE(store->acquire(shard, now).ok());
    return now;
  }

  storage_status append(shard_id shard, std::uint64_t epoch, std::uint64_t first,
                        std::uint32_t count, std::string bytes) {
    const append_batch batch{shard, epoch, first, count, std::move(bytes)};
    return store->write({&batch, 1}).at(0);
  }

  /// The batches from the one that holds `from` on, as `first+count:bytes`.
  std::vector<std::string> read(shard_id shard, std::uint64_t from) {
    std::vector<std::string> found;
    last_status = store->read(shard, from, [&](const stored_batch& one) {
      found.push_back(std::to_string(one.first) + "+" + std::to_string(one.count) + ":" +
                      std::string(one.bytes));
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
