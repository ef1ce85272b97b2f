#pragma once

#include "journal/journal.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"
#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

namespace belfry {

/// A RocksDB journal in a directory that the test may damage while the journal is closed.
class rocksdb_fixture {
public:
  static constexpr shard_id shard{0};

  rocksdb_fixture() {
    options.directory = scratch.file("data");
    options.shards = 2;
    options.log_line = [this](const std::string& line) { log_lines.push_back(line); };
  }

  /// Opens the journal and acquires the shard.
  void open() {
    store.reset();
    auto opened = open_rocksdb_journal(options);
    if (!opened)
      FAIL(opened.error().what);
    store = *opened;
    REQUIRE(store->acquire(shard, 0, ownership).ok());
  }

  /// Opens the journal and returns the failure. Requires: opening fails.
  failure open_failure() {
    store.reset();
    auto opened = open_rocksdb_journal(options);
    REQUIRE_FALSE(opened.ok());
    return opened.error();
  }

  storage_status append(std::uint64_t count, std::size_t bytes = 250) {
    storage_status written;
    for (std::uint64_t i = 0; i < count && written.ok(); ++i) {
      const append_batch batch{shard, ownership.epoch, ownership.head, 1, std::string(bytes, 'e')};
      written = store->write({&batch, 1}).at(0);
      if (written.ok())
        ++ownership.head;
    }
    return written;
  }

  /// The number of events that can be read from `first_event` on; sets `last_status`.
  std::uint64_t readable(std::uint64_t first_event = 1) {
    std::uint64_t events = 0;
    last_status = store->read(
        shard, first_event, [&](const stored_batch& batch) { return events += batch.count, true; });
    return events;
  }

  /// Opens the journal in another process, runs `actions` there, and kills the process.
  void in_killed_process(const std::function<void(rocksdb_fixture&)>& actions);

  /// The newest file of the directory with `extension`.
  [[nodiscard]] std::string newest(const std::string& extension) const;

  scratch_directory scratch;
  rocksdb_journal_options options;
  std::shared_ptr<journal> store;
  shard_ownership ownership; // The head grows with each append.
  storage_status last_status;
  std::vector<std::string> log_lines;
};

/// Flips the lowest bit of the byte at `offset`.
void flip_bit(const std::string& path, std::uint64_t offset);

/// Appends `bytes` to the file.
void append_to(const std::string& path, const std::string& bytes);

/// Whether `text` contains all of `parts`.
bool contains_all(const std::string& text, const std::vector<std::string>& parts);

} // namespace belfry
