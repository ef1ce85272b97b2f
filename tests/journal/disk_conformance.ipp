// The cases of engines on a disk of their own; see journal_conformance.hpp. Comes after
// journal_conformance.ipp.

namespace belfry {

TEST_CASE_METHOD(conformance, "a full disk refuses writes until there is space", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 1, "a").ok());
  REQUIRE(put(first_shard, epoch, {{"k", "v"}}).ok());

  engine.fill();
  CHECK_FALSE(store->has_space());
  CHECK(append(first_shard, epoch, 2, 1, "b").code == storage_code::no_space);
  CHECK(put(first_shard, epoch, {{"l", "v"}}).code == storage_code::no_space);
  CHECK(commit(first_shard, epoch, 2, {"k"}).ok());

  engine.empty();
  CHECK(store->has_space());
  CHECK(append(first_shard, epoch, 2, 1, "c").ok());
  REQUIRE(store->sync().ok());
  reopen();
  CHECK(read(first_shard, 2) == texts{"2+1:c"});
  CHECK(list(first_shard) == texts{"k"});
}

TEST_CASE_METHOD(conformance, "a nearly full disk accepts writes but reports no space for new work",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;

  engine.nearly_fill();

  CHECK_FALSE(store->has_space());
  CHECK(append(first_shard, epoch, 1, 1, "a").ok());
}

TEST_CASE_METHOD(conformance, "after a failed sync every call answers io_error", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 1, "a").ok());
  REQUIRE(store->sync().ok());
  REQUIRE(append(first_shard, epoch, 2, 1, "b").ok());
  engine.fail_next_sync();

  CHECK(store->sync().code == storage_code::io_error);

  shard_ownership ownership;
  texts keys;
  std::string bytes;
  std::uint64_t position = 0;
  CHECK(store->sync().code == storage_code::io_error);
  CHECK(append(first_shard, epoch, 3, 1, "c").code == storage_code::io_error);
  CHECK(store->acquire(first_shard, 0, ownership).code == storage_code::io_error);
  CHECK(read(first_shard, 1).empty());
  CHECK(last_status.code == storage_code::io_error);
  CHECK(put(first_shard, epoch, {{"k", "v"}}).code == storage_code::io_error);
  CHECK(store->list(first_shard, "", keys).code == storage_code::io_error);
  CHECK(store->get(first_shard, "k", bytes).code == storage_code::io_error);
  CHECK(commit(first_shard, epoch, 1, {}).code == storage_code::io_error);
  CHECK(store->snapshot_position(first_shard, position).code == storage_code::io_error);
}

TEST_CASE_METHOD(conformance, "batches synced before a failed sync are there after reopening",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 1, "a").ok());
  REQUIRE(store->sync().ok());
  REQUIRE(append(first_shard, epoch, 2, 1, "b").ok());
  engine.fail_next_sync();
  REQUIRE_FALSE(store->sync().ok());

  reopen();

  const auto current = acquire(first_shard);
  CHECK(read(first_shard, 1).at(0) == "1+1:a");
  CHECK(last_status.ok());
  CHECK(append(first_shard, current.epoch, current.head, 1, "c").ok());
}

} // namespace belfry
