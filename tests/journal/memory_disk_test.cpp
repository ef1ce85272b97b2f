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
    REQUIRE(store->acquire(shard, now).ok());
    append(1, 3);
    REQUIRE(store->sync().ok());
    append(4, 6);
  }

  void append(std::uint64_t from, std::uint64_t to) {
    for (auto first = from; first <= to; ++first) {
      const append_batch batch{shard, now.epoch, first, 1, "event"};
      REQUIRE(store->write({&batch, 1}).at(0).ok());
    }
  }

  /// The head that a new journal finds.
  std::uint64_t head() {
    memory_journal opened(disk);
    shard_ownership found;
    REQUIRE(opened.acquire(shard, found).ok());
    std::uint64_t read = 1;
    REQUIRE(
        opened.read(shard, 1, [&](const stored_batch& one) { return read = one.first + 1, true; })
            .ok());
    CHECK(read == found.head);
    return found.head;
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  std::unique_ptr<memory_journal> store = std::make_unique<memory_journal>(disk);
  shard_ownership now;
};

} // namespace

TEST_CASE_METHOD(half_synced, "a power cut may keep what was not synced", "[disk]") {
  disk->crash(crash_mode::keep);

  CHECK(head() == 7);
}

TEST_CASE_METHOD(half_synced, "a power cut may drop all that was not synced", "[disk]") {
  disk->crash(crash_mode::drop);

  CHECK(head() == 4);
}

TEST_CASE("a power cut may tear what was not synced at any place", "[disk]") {
  std::set<std::uint64_t> heads;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    half_synced half;
    half.disk->crash(crash_mode::tear, seed);
    heads.insert(half.head());
  }

  CHECK(heads == std::set<std::uint64_t>{4, 5, 6});
}

TEST_CASE_METHOD(half_synced, "a journal that was open at a power cut is done", "[disk]") {
  disk->crash(crash_mode::keep);

  CHECK(store->sync().code == storage_code::io_error);
  CHECK(store->acquire(shard, now).code == storage_code::io_error);
}

TEST_CASE_METHOD(half_synced, "what a reader saw but was not synced is gone after a power cut",
                 "[disk]") {
  std::uint64_t seen = 0;
  REQUIRE(
      store->read(shard, 1, [&](const stored_batch& one) { return seen = one.first, true; }).ok());
  REQUIRE(seen == 6);

  disk->crash(crash_mode::drop);

  CHECK(head() == 4);
}

TEST_CASE_METHOD(half_synced, "objects and snapshots that were not synced go with a power cut",
                 "[disk]") {
  const std::vector<object> parts{{"snap/1", "part"}};
  REQUIRE(store->put(shard, now.epoch, parts).ok());
  disk->crash(crash_mode::drop);

  memory_journal opened(disk);
  std::vector<std::string> keys;
  REQUIRE(opened.list(shard, "", keys).ok());
  CHECK(keys.empty());
}

TEST_CASE("a failed sync loses some of what it was for, and nothing older", "[disk]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    half_synced half;
    half.disk->fail_next_sync(seed);
    REQUIRE(half.store->sync().code == storage_code::io_error);

    const auto found = half.head();
    CHECK(found >= 4);
    CHECK(found < 7);
  }
}

TEST_CASE_METHOD(half_synced, "a flipped bit is noticed by the reader, wherever it is", "[disk]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    half_synced damaged;
    REQUIRE(damaged.disk->flip_bit(shard, 2, seed));
    int whole = 0;

    const auto how =
        damaged.store->read(shard, 1, [&](const stored_batch&) { return ++whole, true; });

    CHECK(whole == 1);
    CHECK(how.code == storage_code::corrupt);
    CHECK(how.text.find("shard 0: the batch that begins with event 2") == 0);
  }
}

TEST_CASE_METHOD(half_synced, "a flipped bit outlives a power cut", "[disk]") {
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

TEST_CASE_METHOD(half_synced, "damage is noticed until it is repaired", "[disk]") {
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

TEST_CASE_METHOD(half_synced, "a disk that is away answers nothing and is the same afterwards",
                 "[disk]") {
  disk->set_unreachable(true);
  shard_ownership next;
  CHECK(store->acquire(shard, next).code == storage_code::unavailable);
  CHECK(store->sync().ok());
  disk->set_unreachable(false);
  CHECK(store->acquire(shard, next).ok());
}

TEST_CASE_METHOD(half_synced, "a write in doubt may have been done or not", "[disk]") {
  const bool is_written = GENERATE(true, false);
  shard_ownership before;
  shard_ownership after;
  REQUIRE(store->acquire(shard, before).ok());
  disk->leave_next_write_in_doubt(is_written);
  const append_batch batch{shard, before.epoch, before.head, 1, "x"};
  CHECK(store->write({&batch, 1}).at(0).code == storage_code::in_doubt);
  REQUIRE(store->acquire(shard, after).ok());
  CHECK(after.head == before.head + (is_written ? 1 : 0));
}

TEST_CASE_METHOD(half_synced, "syncs that succeeded are counted", "[disk]") {
  const auto before = disk->syncs();
  REQUIRE(store->sync().ok());

  CHECK(disk->syncs() == before + 1);
}

} // namespace belfry
