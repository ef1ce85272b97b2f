#include "os/rocksdb/rocksdb_journal.hpp"

#include "faulty_file_system.hpp"
#include "rocksdb_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace belfry {

namespace {

std::uint64_t size_of(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::error_code gone; // The engine may remove a file at any time.
    if (const auto size = entry.file_size(gone); !gone)
      bytes += size;
  }
  return bytes;
}

/// Waits up to 30 s until the directory is smaller than `bytes`.
bool shrinks_below(const std::string& directory, std::uint64_t bytes) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (size_of(directory) >= bytes && std::chrono::steady_clock::now() < deadline)
    sched_yield();
  return size_of(directory) < bytes;
}

} // namespace

TEST_CASE_METHOD(rocksdb_fixture, "the number of shards is stored and cannot change", "[rocksdb]") {
  CHECK(*stored_shard_count(options.directory) == 0);
  open();
  CHECK(*stored_shard_count(options.directory) == 2);

  options.shards = 3;
  const auto error = open_failure();
  CHECK(error.code == errc::invalid_argument);
  CHECK(contains_all(error.what, {options.directory, "created for 2 shards, not for 3"}));

  options.shards = 0;
  open();
}

TEST_CASE_METHOD(rocksdb_fixture, "a new journal requires a number of shards", "[rocksdb]") {
  options.shards = 0;

  const auto error = open_failure();

  CHECK(error.code == errc::invalid_argument);
  CHECK(contains_all(error.what, {options.directory, "say how many shards"}));
}

TEST_CASE_METHOD(rocksdb_fixture, "an unknown format is refused", "[rocksdb]") {
  open();
  store.reset();
  std::ofstream(options.directory + "/format") << "belfry journal format 2\nshards 2\n";

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what, {options.directory + "/format", "newer belfry"}));
}

TEST_CASE_METHOD(rocksdb_fixture, "a directory that lost its database or its format is refused",
                 "[rocksdb]") {
  open();
  REQUIRE(append(5).ok());
  store.reset();
  const auto lost = GENERATE("CURRENT", "format");
  std::filesystem::remove(options.directory + "/" + lost);

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what, {options.directory}));
}

TEST_CASE_METHOD(rocksdb_fixture, "the same directory cannot be opened twice", "[rocksdb]") {
  open();
  const auto again = open_rocksdb_journal(options);

  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == errc::unavailable);
  CHECK(contains_all(again.error().what,
                     {options.directory, "this process (" + std::to_string(::getpid()) + ")"}));
}

TEST_CASE_METHOD(rocksdb_fixture, "a second process learns which process has the directory open",
                 "[rocksdb]") {
  open();
  const auto child = ::fork();
  if (child == 0) {
    const auto again = open_rocksdb_journal(options);
    const auto holder = "another process (" + std::to_string(::getppid()) + ")";
    ::_exit(!again.ok() && again.error().code == errc::unavailable &&
                    contains_all(again.error().what, {options.directory, holder})
                ? 0
                : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);

  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(append(1).ok());
}

TEST_CASE_METHOD(rocksdb_fixture, "a directory without a parent is refused", "[rocksdb]") {
  options.directory = scratch.file("no/such/data");

  const auto error = open_failure();

  CHECK(error.code == errc::storage);
  CHECK(contains_all(error.what, {scratch.file("no/such") + " does not exist"}));
}

TEST_CASE_METHOD(rocksdb_fixture, "a file in the place of the directory is refused", "[rocksdb]") {
  std::ofstream(scratch.file("plain")) << "x";

  options.directory = scratch.file("plain");
  CHECK(contains_all(open_failure().what, {options.directory, "is not a directory"}));
  options.directory = scratch.file("plain/data");
  CHECK(contains_all(open_failure().what, {options.directory, "Not a directory"}));
}

TEST_CASE_METHOD(rocksdb_fixture, "a read-only directory is refused", "[rocksdb]") {
  std::filesystem::create_directory(options.directory);
  std::filesystem::permissions(scratch.file(""), std::filesystem::perms(0755));
  std::filesystem::permissions(options.directory, std::filesystem::perms(0555));
  // Permissions do not stop root: a process of another user tries to open it.
  const auto child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0)
      ::_exit(2);
    const auto opened = open_rocksdb_journal(options);
    ::_exit(!opened.ok() && opened.error().code == errc::storage &&
                    contains_all(opened.error().what, {options.directory, "Permission denied"})
                ? 0
                : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);

  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE_METHOD(rocksdb_fixture, "a flipped bit in a table is reported with the name of the table",
                 "[rocksdb]") {
  open();
  REQUIRE(append(2000).ok());
  open(); // Opening the journal moves the contents of the log to a table.
  store.reset();
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory))
    if (entry.path().extension() == ".sst" && entry.file_size() > 100'000)
      table = entry.path().string();
  REQUIRE_FALSE(table.empty());
  flip_bit(table, 1000);

  open();

  CHECK(readable() < 2000);
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(contains_all(last_status.text, {"shard 0", table.substr(table.rfind('/'))}));
  CHECK(append(1).ok());
}

TEST_CASE_METHOD(rocksdb_fixture, "a database with a damaged manifest is refused", "[rocksdb]") {
  open();
  REQUIRE(append(100).ok());
  store.reset();
  std::string manifest;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory))
    if (entry.path().filename().string().starts_with("MANIFEST"))
      manifest = entry.path().string();
  flip_bit(manifest, 30);

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what, {options.directory}));
}

TEST_CASE_METHOD(rocksdb_fixture,
                 "a disk that fills up between measurements fails the engine, not the journal",
                 "[rocksdb]") {
  const auto files = std::make_shared<faulty_file_system>();
  options.file_system = files;
  open();
  REQUIRE(append(10).ok());
  REQUIRE(store->sync().ok());

  files->fails_writes = true;
  CHECK(append(1).code == storage_code::io_error);
  files->fails_writes = false;
  CHECK(append(1).code == storage_code::io_error);
  CHECK(contains_all(store->sync().text, {options.directory, "No space"}));

  open();
  CHECK(readable() >= 10);
  CHECK(last_status.ok());
}

TEST_CASE_METHOD(rocksdb_fixture, "a journal on a full disk is refused and keeps its contents",
                 "[rocksdb]") {
  const auto files = std::make_shared<faulty_file_system>();
  options.file_system = files;
  open();
  REQUIRE(append(10).ok());

  files->fails_writes = true;
  const auto error = open_failure();
  CHECK(error.code == errc::storage);
  CHECK(contains_all(error.what, {options.directory, "No space"}));
  files->fails_writes = false;

  open();
  CHECK(readable() == 10);
  CHECK(last_status.ok());
}

TEST_CASE_METHOD(rocksdb_fixture, "nothing is durable in a directory that is gone", "[rocksdb]") {
  open();
  REQUIRE(append(3).ok());
  REQUIRE(store->sync().ok());
  const auto elsewhere = scratch.file("elsewhere");
  SECTION("it was removed") {
    std::filesystem::remove_all(options.directory);
  }
  SECTION("it was renamed") {
    std::filesystem::rename(options.directory, elsewhere);
  }
  SECTION("another one is in its place") {
    std::filesystem::rename(options.directory, elsewhere);
    std::filesystem::create_directory(options.directory);
    append_to(options.directory + "/belfry.lock", "1");
  }
  auto status = append(1);
  if (status.ok())
    status = store->sync();

  CHECK(status.code == storage_code::io_error);
  CHECK(contains_all(status.text, {options.directory, "removed, replaced or unmounted"}));
  CHECK(store->sync().code == storage_code::io_error);
}

TEST_CASE_METHOD(rocksdb_fixture, "a journal that is gone is not replaced by an empty one",
                 "[rocksdb]") {
  open();
  REQUIRE(append(3).ok());
  store.reset();
  options.must_exist = true;
  open();
  CHECK(readable() == 3);

  store.reset();
  std::filesystem::remove_all(options.directory);
  const bool is_empty_there = GENERATE(false, true); // As the mount point of a disk is.
  if (is_empty_there)
    std::filesystem::create_directory(options.directory);
  const auto error = open_failure();
  CHECK(error.code == errc::storage);
  CHECK(contains_all(error.what, {options.directory, "is gone"}));
  CHECK(std::filesystem::exists(options.directory) == is_empty_there);
}

TEST_CASE_METHOD(rocksdb_fixture, "RocksDB keeps no log of its own on the disk that may fail",
                 "[rocksdb]") {
  std::mutex guard; // RocksDB has threads of its own.
  std::vector<std::string> messages;
  options.engine_log_line = [&](const std::string& line) {
    const std::lock_guard locked(guard);
    messages.push_back(line);
  };
  const auto files = std::make_shared<faulty_file_system>();
  options.file_system = files;
  open();
  REQUIRE(append(10).ok());
  CHECK_FALSE(std::filesystem::exists(options.directory + "/LOG"));

  files->fails_writes = true;
  CHECK(append(1).code == storage_code::io_error);
  store.reset();
  const std::lock_guard locked(guard);
  CHECK(std::any_of(messages.begin(), messages.end(), [](const std::string& message) {
    return contains_all(message, {"injected"});
  }));
}

TEST_CASE_METHOD(rocksdb_fixture, "the space of dropped batches is reclaimed", "[rocksdb]") {
  options.reclaim_after_bytes = 1 << 20;
  open();
  // 160 MB are written; at most 32 MiB are in memory at a time, and in the log as well. Dropped
  // batches are removed concurrently with the writes.
  for (int round = 0; round < 40; ++round) {
    REQUIRE(append(40, 100'000).ok());
    REQUIRE(store->commit_snapshot(shard, ownership.epoch, ownership.head - 2, {}).ok());
    CHECK(shrinks_below(options.directory, 110 << 20));
  }
  open(); // Waits for the background work of the engine.

  CHECK(readable(ownership.head - 2) == 2);
}

TEST_CASE_METHOD(rocksdb_fixture, "a snapshot of 20,000 objects that barely changes is cheap",
                 "[rocksdb]") {
  open();
  std::vector<object> pages;
  std::vector<std::string> keys;
  for (int i = 0; i < 20'000; ++i) {
    keys.push_back("far/" + std::to_string(100'000 + i));
    pages.push_back({keys.back(), "page"});
  }
  REQUIRE(store->put(shard, ownership.epoch, pages).ok());
  REQUIRE(store->commit_snapshot(shard, ownership.epoch, 1, keys).ok());
  const auto before = size_of(options.directory);

  keys.pop_back();
  REQUIRE(store->commit_snapshot(shard, ownership.epoch, 1, keys).ok());

  CHECK(size_of(options.directory) - before < 1000);
}

TEST_CASE_METHOD(rocksdb_fixture, "acknowledged events survive twenty kills", "[rocksdb]") {
  // Shared with the process that is killed: its progress.
  auto* const memory = ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto& acknowledged = *new (memory) std::atomic<std::uint64_t>(0);
  for (std::uint64_t round = 0; round < 20; ++round) {
    store.reset();
    const auto child = ::fork();
    if (child == 0) {
      open();
      while (append(7).ok() && store->sync().ok())
        acknowledged = ownership.head;
      ::_exit(1);
    }
    // At another moment each round, measured by the progress of the child.
    const auto until = acknowledged + 1 + 211 * round;
    int status = 0;
    while (acknowledged < until && ::waitpid(child, &status, WNOHANG) == 0)
      ::sched_yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    REQUIRE(acknowledged >= until);

    open();
    CHECK(ownership.head >= acknowledged);
    CHECK(readable() == ownership.head - 1);
    CHECK(last_status.ok());
  }
  ::munmap(memory, sizeof acknowledged);
}

} // namespace belfry
