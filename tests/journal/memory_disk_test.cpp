#include "journal/memory_disk.hpp"

#include "journal/memory_journal.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace belfry {

namespace {

constexpr shard_id shard{0};

/// A disk with events 1 to 3 synced and 4 to 6 not.
struct half_synced {
  half_synced() {
    REQUIRE(store->acquire(shard, 0, ownership).ok());
    append(1, 3);
    REQUIRE(store->sync().ok());
    append(4, 6);
  }

  void append(std::uint64_t begin, std::uint64_t last) {
    for (auto first = begin; first <= last; ++first) {
      const append_batch batch{
          .shard = shard, .epoch = ownership.epoch, .first = first, .count = 1, .bytes = "event"};
      REQUIRE(store->write({&batch, 1}).at(0).ok());
    }
  }

  /// The head that a new journal finds.
  std::uint64_t head() {
    memory_journal opened(disk);
    shard_ownership found;
    REQUIRE(opened.acquire(shard, 0, found).ok());
    std::uint64_t read = 1;
    REQUIRE(
        opened
            .read(shard, 1, [&](const stored_batch& batch) { return read = batch.first + 1, true; })
            .ok());
    CHECK(read == found.head);
    return found.head;
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  std::unique_ptr<memory_journal> store = std::make_unique<memory_journal>(disk);
  shard_ownership ownership;
};

} // namespace

TEST_CASE_METHOD(half_synced, "a power cut may keep unsynced writes", "[disk]") {
  disk->crash(crash_mode::keep);

  CHECK(head() == 7);
}

TEST_CASE_METHOD(half_synced, "a power cut may drop all unsynced writes", "[disk]") {
  disk->crash(crash_mode::drop);

  CHECK(head() == 4);
}

TEST_CASE("a power cut may tear unsynced writes at any position", "[disk]") {
  std::set<std::uint64_t> heads;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    half_synced half;
    half.disk->crash(crash_mode::tear, seed);
    heads.insert(half.head());
  }

  CHECK(heads == std::set<std::uint64_t>{4, 5, 6});
}

TEST_CASE_METHOD(half_synced, "a journal that was open at a power cut fails from then on",
                 "[disk]") {
  disk->crash(crash_mode::keep);

  CHECK(store->sync().code == storage_code::io_error);
  CHECK(store->acquire(shard, 0, ownership).code == storage_code::io_error);
}

TEST_CASE_METHOD(half_synced, "a batch that was read but not synced may be lost in a power cut",
                 "[disk]") {
  std::uint64_t seen = 0;
  REQUIRE(store->read(shard, 1, [&](const stored_batch& batch) { return seen = batch.first, true; })
              .ok());
  REQUIRE(seen == 6);

  disk->crash(crash_mode::drop);

  CHECK(head() == 4);
}

TEST_CASE_METHOD(half_synced, "unsynced objects are lost in a power cut", "[disk]") {
  const std::vector<object> parts{{"snap/1", "part"}};
  REQUIRE(store->put(shard, ownership.epoch, parts).ok());
  disk->crash(crash_mode::drop);

  memory_journal opened(disk);
  std::vector<std::string> keys;
  REQUIRE(opened.list(shard, "", keys).ok());
  CHECK(keys.empty());
}

TEST_CASE("a failed sync loses unsynced writes and nothing older", "[disk]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    half_synced half;
    half.disk->fail_next_sync(seed);
    REQUIRE(half.store->sync().code == storage_code::io_error);

    const auto found = half.head();
    CHECK(found >= 4);
    CHECK(found < 7);
  }
}

TEST_CASE_METHOD(half_synced, "reading detects a flipped bit at any position", "[disk]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    half_synced damaged;
    REQUIRE(damaged.disk->flip_bit(shard, 2, seed));
    int whole = 0;

    const auto status =
        damaged.store->read(shard, 1, [&](const stored_batch&) { return ++whole, true; });

    CHECK(whole == 1);
    CHECK(status.code == storage_code::corrupt);
    CHECK(status.text.find("shard 0: the batch that begins with event 2") == 0);
  }
}

TEST_CASE_METHOD(half_synced, "a flipped bit survives a power cut", "[disk]") {
  REQUIRE(disk->flip_bit(shard, 2));
  disk->crash(crash_mode::drop);

  memory_journal opened(disk);
  CHECK(opened.read(shard, 1, [](const stored_batch&) { return true; }).code ==
        storage_code::corrupt);
}

TEST_CASE_METHOD(half_synced, "no bit is flipped where there is no event", "[disk]") {
  CHECK_FALSE(disk->flip_bit(shard, 7));
  CHECK_FALSE(disk->flip_bit({5}, 1));
}

TEST_CASE_METHOD(half_synced, "a corrupted batch is detected until it is repaired", "[disk]") {
  disk->crash(crash_mode::keep);
  const auto damaged = disk->corrupt_batch(5);
  REQUIRE(damaged == shard);
  const auto read = [this] {
    memory_journal opened(disk);
    return opened.read(shard, 1, [](const stored_batch&) { return true; }).code;
  };
  CHECK(read() == storage_code::corrupt);
  disk->repair();
  CHECK(read() == storage_code::ok);
  CHECK_FALSE(memory_disk{}.corrupt_batch(5));
}

TEST_CASE_METHOD(half_synced, "a backup holds what was synced when it was made", "[disk]") {
  disk->back_up();
  REQUIRE(store->sync().ok());
  disk->restore_backup();
  CHECK(head() == 4);
}

TEST_CASE_METHOD(half_synced, "a disk without a backup is replaced by an empty one", "[disk]") {
  CHECK_FALSE(disk->has_backup());
  disk->restore_backup();
  CHECK(head() == 1);
}

TEST_CASE_METHOD(half_synced, "an unreachable disk refuses calls and changes nothing", "[disk]") {
  disk->set_unreachable(true);
  shard_ownership next;
  CHECK(store->acquire(shard, 0, next).code == storage_code::unavailable);
  CHECK(store->sync().ok());
  disk->set_unreachable(false);
  CHECK(store->acquire(shard, 0, next).ok());
}

TEST_CASE_METHOD(half_synced, "a write in doubt may have been done or not", "[disk]") {
  const bool is_written = GENERATE(true, false);
  shard_ownership before;
  shard_ownership after;
  REQUIRE(store->acquire(shard, 0, before).ok());
  disk->leave_next_write_in_doubt(is_written);
  const append_batch batch{
      .shard = shard, .epoch = before.epoch, .first = before.head, .count = 1, .bytes = "x"};
  CHECK(store->write({&batch, 1}).at(0).code == storage_code::in_doubt);
  REQUIRE(store->acquire(shard, 0, after).ok());
  CHECK(after.head == before.head + (is_written ? 1 : 0));
}

TEST_CASE_METHOD(half_synced, "syncs that succeeded are counted", "[disk]") {
  const auto before = disk->syncs();
  REQUIRE(store->sync().ok());

  CHECK(disk->syncs() == before + 1);
}

} // namespace belfry
