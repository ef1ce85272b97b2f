#include "os/rocksdb/rocksdb_torn_tail.hpp"

#include "os/rocksdb/rocksdb_wal.hpp"
#include "rocksdb_fixture.hpp"

namespace belfry {

namespace {

/// 20 events are synced, then 5 more are written; the process is killed.
struct killed_journal : rocksdb_fixture {
  killed_journal() {
    in_killed_process([](rocksdb_fixture& inside) {
      (void)inside.append(20);
      (void)inside.store->sync();
      (void)inside.append(5);
    });
    log = newest(".log");
    size = std::filesystem::file_size(log);
  }

  std::string log;
  std::uint64_t size = 0;
};

/// 20 events are synced, nothing else is written; the process is killed.
struct synced_journal : rocksdb_fixture {
  synced_journal() {
    in_killed_process([](rocksdb_fixture& inside) {
      (void)inside.append(20);
      (void)inside.store->sync();
    });
    log = newest(".log");
    size = std::filesystem::file_size(log);
  }

  std::string log;
  std::uint64_t size = 0;
};

} // namespace

TEST_CASE_METHOD(killed_journal, "a kill loses nothing that was written", "[tail]") {
  open();

  CHECK(readable() == 25);
  CHECK(last_status.ok());
  CHECK(log_lines.empty());
}

TEST_CASE_METHOD(killed_journal, "a torn tail is truncated wherever it was torn, and reported",
                 "[tail]") {
  // The last write is a little over 300 bytes long.
  const auto torn = GENERATE(1, 3, 20, 150, 280);
  std::filesystem::resize_file(log, size - torn);

  open();

  CHECK(readable() == 24);
  CHECK(last_status.ok());
  REQUIRE(log_lines.size() == 1);
  CHECK(contains_all(log_lines.front(), {log + ": truncated at offset ", "never became durable"}));
  REQUIRE(append(1).ok());
  open();
  CHECK(readable() == 25);
  CHECK(log_lines.size() == 1);
}

TEST_CASE_METHOD(killed_journal, "a tail that reached the disk as garbage is truncated", "[tail]") {
  flip_bit(log, size - 100);

  open();

  CHECK(readable() == 24);
  CHECK(log_lines.size() == 1);
}

TEST_CASE_METHOD(killed_journal, "garbage and zeros behind the last write are truncated",
                 "[tail]") {
  append_to(log, GENERATE(std::string(5000, '\0'), std::string(5000, 'x'), std::string(3, '\0')));

  open();

  CHECK(readable() == 25);
  CHECK(log_lines.size() == 1);
}

TEST_CASE_METHOD(killed_journal,
                 "writes behind a torn one that was not durable are truncated with it", "[tail]") {
  // The first of the five that were not synced: later ones are intact, but cannot be applied.
  flip_bit(log, size - 1500);

  open();

  CHECK(readable() >= 20);
  CHECK(readable() < 24);
  CHECK(last_status.ok());
  CHECK(log_lines.size() == 1);
}

TEST_CASE_METHOD(synced_journal, "a truncated synced write is refused", "[tail]") {
  std::filesystem::resize_file(log, size - GENERATE(1, 100));
  const auto remaining = std::filesystem::file_size(log);

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what,
                     {log + ": damaged at offset ", "were durable", "Nothing was changed"}));
  CHECK(std::filesystem::file_size(log) == remaining);
  CHECK(log_lines.empty());
}

TEST_CASE_METHOD(synced_journal, "a log that lacks whole synced writes is refused", "[tail]") {
  std::filesystem::resize_file(log, 0);

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what, {options.directory, "were durable"}));
}

TEST_CASE_METHOD(synced_journal, "a missing log is refused", "[tail]") {
  std::filesystem::remove(log);

  CHECK(open_failure().code == errc::corrupt);
}

TEST_CASE_METHOD(synced_journal, "a flipped bit in a synced write is refused, wherever it is",
                 "[tail]") {
  const auto offset = GENERATE_COPY(range(std::uint64_t{0}, size, std::uint64_t{397}));
  CAPTURE(offset, size);
  flip_bit(log, offset);

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what, {log + ": damaged at offset "}));
}

TEST_CASE_METHOD(rocksdb_fixture, "after a power cut the log itself notes what was durable",
                 "[tail]") {
  in_killed_process([](rocksdb_fixture& inside) {
    (void)inside.append(10);
    (void)inside.store->sync();
    (void)inside.append(10);
    (void)inside.store->sync();
    (void)inside.append(10);
  });
  const auto log = newest(".log");
  // The watermark beside the log was never synced.
  std::filesystem::resize_file(options.directory + "/durable", 0);
  flip_bit(log, std::filesystem::file_size(log) / 2);

  const auto error = open_failure();

  CHECK(error.code == errc::corrupt);
  CHECK(contains_all(error.what, {log + ": damaged at offset "}));
}

TEST_CASE_METHOD(rocksdb_fixture,
                 "a torn tail is truncated when everything before it is in tables already",
                 "[tail]") {
  open();
  REQUIRE(append(20).ok());
  in_killed_process([](rocksdb_fixture& inside) { (void)inside.append(1); });
  const auto log = newest(".log");
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);

  open();

  CHECK(readable() == 20);
  CHECK(log_lines.size() == 1);
}

TEST_CASE_METHOD(rocksdb_fixture, "the scan reads a write of many blocks as one write", "[tail]") {
  in_killed_process([](rocksdb_fixture& inside) {
    (void)inside.append(1, 200'000);
    (void)inside.store->sync();
    (void)inside.append(1, 200'000);
  });
  const auto log = newest(".log");
  const auto found = scan_wal(log);
  REQUIRE(found.ok());
  CHECK_FALSE(found->damage_offset);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 100'000);

  open();

  CHECK(readable() == 1);
  CHECK(contains_all(log_lines.at(0), {"truncated at offset "}));
}

TEST_CASE("a note in the log names the last durable change", "[tail]") {
  CHECK(encode_durable_note(0x0102) == std::string("durable \x02\x01\0\0\0\0\0\0", 16));
}

} // namespace belfry
