// Copies of a journal: taken while it is open, checked when they are restored.
#include "os/rocksdb/rocksdb_restore.hpp"
#include "rocksdb_fixture.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace belfry {

namespace {

struct copy_fixture : rocksdb_fixture {
  copy_fixture() { std::filesystem::create_directory(options.backups = scratch.file("backups")); }

  std::string copy = scratch.file("backups/copy");
  std::string restored = scratch.file("restored");

  [[nodiscard]] journal_copy make_copy() {
    const auto made = store->copy_to(copy);
    if (!made)
      FAIL(made.error().what);
    return *made;
  }
  [[nodiscard]] failure refusal(const std::string& target) {
    const auto made = store->copy_to(target);
    REQUIRE_FALSE(made.ok());
    return made.error();
  }
  [[nodiscard]] result<restored_journal> restore() {
    return restore_rocksdb_journal(copy, restored,
                                   {.epoch_min = 700, .log_line = [this](const std::string& line) {
                                      log_lines.push_back(line);
                                    }});
  }
  /// The file of the copy with the events.
  [[nodiscard]] std::string largest_table() const {
    std::map<std::uintmax_t, std::string> tables;
    for (const auto& entry : std::filesystem::directory_iterator(copy))
      if (entry.path().extension() == ".sst")
        tables[entry.file_size()] = entry.path().string();
    REQUIRE_FALSE(tables.empty());
    return tables.rbegin()->second;
  }
  void expect_no_restore(errc code) {
    const auto outcome = restore();
    REQUIRE_FALSE(outcome.ok());
    INFO(outcome.error().what);
    CHECK(outcome.error().code == code);
    CHECK_FALSE(std::filesystem::exists(restored));
  }
};

} // namespace

TEST_CASE_METHOD(copy_fixture, "a copy holds what was written before it, and nothing after",
                 "[rocksdb]") {
  open();
  REQUIRE(append(100).ok());
  const auto made = make_copy();
  CHECK(made.shards == 2);
  CHECK(made.bytes > 100 * 250);
  REQUIRE(append(50).ok());
  CHECK(store->sync().ok());
  CHECK(readable() == 150);

  options.directory = copy;
  open();
  CHECK(ownership.head == 101);
  CHECK(readable() == 100);
  CHECK(last_status.ok());
}

TEST_CASE_METHOD(copy_fixture, "a journal and its copy do not share what they write", "[rocksdb]") {
  open();
  REQUIRE(append(100).ok());
  (void)make_copy();
  options.directory = copy;
  open();
  REQUIRE(append(10).ok());
  const std::vector<std::string> no_objects;
  REQUIRE(store->commit_snapshot(shard, ownership.epoch, ownership.head, no_objects).ok());
  options.directory = scratch.file("data");
  open();
  CHECK(ownership.head == 101);
  CHECK(readable() == 100);
}

TEST_CASE_METHOD(copy_fixture, "a copy is restored with its snapshot and its events", "[rocksdb]") {
  open();
  REQUIRE(append(100).ok());
  const object part{"part", std::string(1'000, 'p')};
  REQUIRE(store->put(shard, ownership.epoch, {&part, 1}).ok());
  const std::vector<std::string> live{"part"};
  REQUIRE(store->commit_snapshot(shard, ownership.epoch, 91, live).ok());
  (void)make_copy();
  const auto outcome = restore();
  if (!outcome)
    FAIL(outcome.error().what);
  CHECK(outcome->shards == 2);
  CHECK(outcome->objects == 1);
  CHECK(outcome->events == 10);
  CHECK(outcome->bytes > 1'000);
  CHECK(log_lines.empty());

  options.directory = restored;
  open();
  CHECK(readable(91) == 10);
  std::string bytes;
  CHECK(store->get(shard, "part", bytes).ok());
  CHECK(bytes == part.bytes);
}

TEST_CASE_METHOD(copy_fixture, "an empty journal is copied and restored", "[rocksdb]") {
  open();
  (void)make_copy();
  const auto outcome = restore();
  if (!outcome)
    FAIL(outcome.error().what);
  CHECK(outcome->events == 0);
}

TEST_CASE_METHOD(copy_fixture, "a restore raises the epochs beyond those that its copy lacks",
                 "[rocksdb]") {
  open();
  (void)make_copy();
  shard_ownership later;
  REQUIRE(store->acquire(shard, 699, later).ok());
  REQUIRE(restore().ok());
  options.directory = restored;
  open();
  CHECK(ownership.epoch == 701);
  shard_ownership other;
  REQUIRE(store->acquire({1}, 0, other).ok());
  CHECK(other.epoch == 701);
}

TEST_CASE_METHOD(copy_fixture, "a restore that was cut off leaves nothing that a node may open",
                 "[rocksdb]") {
  open();
  (void)make_copy();
  const auto staging = restored + ".tmp";
  std::filesystem::create_directory(staging);
  const auto refused = restore();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find(staging + ": exists already; a restore that was cut off") == 0);
  CHECK_FALSE(std::filesystem::exists(restored));
  std::filesystem::remove(staging);
  REQUIRE(restore().ok());
  CHECK_FALSE(std::filesystem::exists(staging));
  CHECK(restore().error().what == restored + ": exists already; a restore makes a new directory");
}

TEST_CASE_METHOD(copy_fixture, "a copy is only a new directory in the directory for backups",
                 "[rocksdb]") {
  open();
  std::filesystem::create_directories(copy + "/inner");
  std::filesystem::create_directory(options.backups + "/other.tmp");
  std::filesystem::create_directory_symlink("nowhere", options.backups + "/link");
  const auto refused = [this](const std::string& target, const std::string& expected) {
    INFO(target);
    const auto reason = refusal(target);
    INFO(reason.what);
    CHECK(reason.code == errc::invalid_argument);
    CHECK(reason.what.find(expected) != std::string::npos);
  };
  refused(copy, copy + ": exists already; a backup makes a new directory");
  refused(options.backups + "/link", "exists already");
  refused(options.backups + "/..", "exists already");
  refused(options.backups + "/other", "other.tmp: exists, perhaps from a backup");
  refused("copy", "no absolute path");
  refused("", "no absolute path");
  refused(std::string{"/tmp/a\0/b", 9}, "no absolute path");
  for (const auto& elsewhere :
       {scratch.file("beside"), copy + "/deeper", scratch.file("data/copy"),
        options.backups + "/../beside", options.backups + "/none/copy", std::string{"/"}})
    refused(elsewhere, "is not in " + options.backups);
  CHECK(std::filesystem::exists(options.backups + "/other.tmp"));
  REQUIRE(append(1).ok());
  CHECK(store->sync().ok());
}

TEST_CASE_METHOD(copy_fixture, "a copy that was cut off is named so, and stays", "[rocksdb]") {
  open();
  (void)make_copy();
  std::filesystem::remove(copy + "/format");
  const auto reason = refusal(copy);
  CHECK(reason.code == errc::invalid_argument);
  CHECK(reason.what.find(copy + ": is a backup that was cut off") == 0);
  CHECK(std::filesystem::exists(copy + "/CURRENT"));
}

TEST_CASE_METHOD(copy_fixture, "a journal without a fitting directory for backups makes none",
                 "[rocksdb]") {
  const auto refused = [this](const std::string& backups, errc code, const std::string& expected) {
    options.backups = backups;
    open();
    const auto reason = refusal(backups + "/copy");
    INFO(reason.what);
    CHECK(reason.code == code);
    CHECK(reason.what.find(expected) != std::string::npos);
  };
  refused("", errc::wrong_state, "start it with --backups DIR");
  refused(scratch.file("none"), errc::storage, "create it");
  refused(options.directory, errc::wrong_state, "is in the data directory");
  refused("/proc", errc::wrong_state, "another file system");
}

TEST_CASE_METHOD(copy_fixture, "a copy is refused while the disk is nearly full", "[rocksdb]") {
  options.space_check_interval = duration{0};
  options.free_bytes = [] { return std::uint64_t{1} << 20; };
  open();
  CHECK(refusal(copy).code == errc::storage);
  CHECK_FALSE(std::filesystem::exists(copy));
}

TEST_CASE_METHOD(copy_fixture, "a damaged copy is not restored", "[rocksdb]") {
  open();
  REQUIRE(append(100).ok());
  (void)make_copy();
  store.reset();
  SECTION("a byte has changed") {
    flip_bit(largest_table(), 10);
    expect_no_restore(errc::corrupt);
  }
  SECTION("a file is missing") {
    std::filesystem::remove(largest_table());
    CHECK_FALSE(restore().ok());
    CHECK_FALSE(std::filesystem::exists(restored));
  }
  SECTION("nothing shows what was durable") {
    std::filesystem::remove(copy + "/durable");
    expect_no_restore(errc::corrupt);
  }
  SECTION("it was never completed") {
    std::filesystem::remove(copy + "/format");
    expect_no_restore(errc::invalid_argument);
  }
}

TEST_CASE_METHOD(copy_fixture, "a restore takes no journal that is open, and replaces none",
                 "[rocksdb]") {
  open();
  REQUIRE(append(10).ok());
  copy = options.directory;
  expect_no_restore(errc::unavailable);
  store.reset();
  CHECK(restore().ok());
  const auto again = restore();
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == errc::invalid_argument);
  CHECK(std::filesystem::exists(restored + "/format"));
}

} // namespace belfry
