#pragma once

#include "journal/journal.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"
#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

namespace belfry {

/// A RocksDB journal on a directory that the test may damage while it is closed.
class rocksdb_fixture {
public:
  static constexpr shard_id shard{0};

  rocksdb_fixture() {
    options.directory = where.file("data");
    options.shards = 2;
    options.log_line = [this](const std::string& line) { log_lines.push_back(line); };
  }

  /// Opens the journal and takes the shard.
  void open() {
    store.reset();
    auto opened = open_rocksdb_journal(options);
    if (!opened)
      FAIL(opened.error().what);
    store = *opened;
    REQUIRE(store->acquire(shard, now).ok());
  }

  /// What opening the journal fails with.
  failure refusal() {
    store.reset();
    auto opened = open_rocksdb_journal(options);
    REQUIRE_FALSE(opened.ok());
    return opened.error();
  }

  storage_status append(std::uint64_t count, std::size_t bytes = 250) {
    storage_status written;
    for (std::uint64_t i = 0; i < count && written.ok(); ++i) {
      const append_batch batch{shard, now.epoch, now.head, 1, std::string(bytes, 'e')};
      written = store->write({&batch, 1}).at(0);
      if (written.ok())
        ++now.head;
    }
    return written;
  }

  /// How many events can be read from `from` on; how it ended is in `how`.
  std::uint64_t readable(std::uint64_t from = 1) {
    std::uint64_t events = 0;
    how = store->read(shard, from,
                      [&](const stored_batch& one) { return events += one.count, true; });
    return events;
  }

  /// Opens the journal in another process, does `deeds` there, and kills it as a crash would.
  void in_killed_process(const std::function<void(rocksdb_fixture&)>& deeds);

  /// The newest file of the directory that ends in `ending`.
  [[nodiscard]] std::string newest(const std::string& ending) const;

  scratch_directory where;
  rocksdb_journal_options options;
  std::shared_ptr<journal> store;
  shard_ownership now; // The head grows with each append.
  storage_status how;
  std::vector<std::string> log_lines;
};

/// Flips the lowest bit of the byte at `offset`.
void flip_bit(const std::string& path, std::uint64_t offset);

/// Appends `bytes` to the file.
void append_to(const std::string& path, const std::string& bytes);

/// Whether `text` holds all of `parts`.
bool says(const std::string& text, const std::vector<std::string>& parts);

} // namespace belfry
