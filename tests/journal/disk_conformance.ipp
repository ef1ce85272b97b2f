// The cases of engines on a disk of their own; see journal_conformance.hpp. Comes after
// journal_conformance.ipp.

namespace belfry {

TEST_CASE_METHOD(conformance, "a full disk takes nothing, and all again when there is space",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 1, "a").ok());
  REQUIRE(put(one, epoch, {{"k", "v"}}).ok());

  engine.fill();
  CHECK_FALSE(store->has_space());
  CHECK(append(one, epoch, 2, 1, "b").code == storage_code::no_space);
  CHECK(put(one, epoch, {{"l", "v"}}).code == storage_code::no_space);
  CHECK(commit(one, epoch, 2, {"k"}).ok());

  engine.empty();
  CHECK(store->has_space());
  CHECK(append(one, epoch, 2, 1, "c").ok());
  REQUIRE(store->sync().ok());
  reopen();
  CHECK(read(one, 2) == texts{"2+1:c"});
  CHECK(list(one) == texts{"k"});
}

TEST_CASE_METHOD(conformance, "a disk with little space takes what was accepted, no new work",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;

  engine.nearly_fill();

  CHECK_FALSE(store->has_space());
  CHECK(append(one, epoch, 1, 1, "a").ok());
}

TEST_CASE_METHOD(conformance, "after a failed sync every call answers io_error", "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 1, "a").ok());
  REQUIRE(store->sync().ok());
  REQUIRE(append(one, epoch, 2, 1, "b").ok());
  engine.fail_next_sync();

  CHECK(store->sync().code == storage_code::io_error);

  shard_ownership now;
  texts keys;
  std::string bytes;
  std::uint64_t position = 0;
  CHECK(store->sync().code == storage_code::io_error);
  CHECK(append(one, epoch, 3, 1, "c").code == storage_code::io_error);
  CHECK(store->acquire(one, now).code == storage_code::io_error);
  CHECK(read(one, 1).empty());
  CHECK(last_status.code == storage_code::io_error);
  CHECK(put(one, epoch, {{"k", "v"}}).code == storage_code::io_error);
  CHECK(store->list(one, "", keys).code == storage_code::io_error);
  CHECK(store->get(one, "k", bytes).code == storage_code::io_error);
  CHECK(commit(one, epoch, 1, {}).code == storage_code::io_error);
  CHECK(store->snapshot_position(one, position).code == storage_code::io_error);
}

TEST_CASE_METHOD(conformance, "what was synced before a failed sync is there after opening anew",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 1, "a").ok());
  REQUIRE(store->sync().ok());
  REQUIRE(append(one, epoch, 2, 1, "b").ok());
  engine.fail_next_sync();
  REQUIRE_FALSE(store->sync().ok());

  reopen();

  const auto now = acquire(one);
  CHECK(read(one, 1).at(0) == "1+1:a");
  CHECK(last_status.ok());
  CHECK(append(one, now.epoch, now.head, 1, "c").ok());
}

} // namespace belfry
