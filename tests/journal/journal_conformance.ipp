// The cases of all engines; see journal_conformance.hpp. `ENGINE` is the engine.

namespace belfry {

namespace {

constexpr shard_id first_shard{1};
constexpr shard_id second_shard{2};

using conformance = journal_conformance<ENGINE>;

} // namespace

TEST_CASE_METHOD(conformance, "an empty shard begins with event 1 in epoch 1", "[journal]") {
  const auto current = acquire(first_shard);

  CHECK(current.epoch == 1);
  CHECK(current.head == 1);
  CHECK(read(first_shard, 1).empty());
  CHECK(last_status.ok());
  CHECK(snapshot(first_shard) == 1);
}

TEST_CASE_METHOD(conformance, "synced batches are read back after the journal is opened again",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 2, "ab").ok());
  REQUIRE(append(first_shard, epoch, 3, 1, "c").ok());
  REQUIRE(store->sync().ok());

  reopen();

  CHECK(acquire(first_shard).head == 4);
  CHECK(read(first_shard, 1) == texts{"1+2:ab", "3+1:c"});
}

TEST_CASE_METHOD(conformance,
                 "each owner has a greater epoch, also after the journal is opened again",
                 "[journal]") {
  const auto before = acquire(first_shard).epoch;
  const auto between = acquire(first_shard).epoch;

  reopen();

  CHECK(between > before);
  CHECK(acquire(first_shard).epoch > between);
}

TEST_CASE_METHOD(conformance, "an owner's epoch is at least the one that it asks for",
                 "[journal]") {
  CHECK(acquire(first_shard, 500).epoch == 500);
  CHECK(acquire(first_shard, 400).epoch == 501);
  CHECK(acquire(second_shard).epoch < 500);

  reopen();

  CHECK(acquire(first_shard, 502).epoch == 502);
  CHECK(acquire(first_shard, 502).epoch == 503);
}

TEST_CASE_METHOD(conformance, "an owner of an older epoch is fenced off", "[journal]") {
  const auto before = acquire(first_shard).epoch;
  const auto current = acquire(first_shard).epoch;

  CHECK(append(first_shard, before, 1, 1, "x").code == storage_code::fenced);
  CHECK(put(first_shard, before, {{"k", "v"}}).code == storage_code::fenced);
  CHECK(commit(first_shard, before, 1, {}).code == storage_code::fenced);
  CHECK(append(first_shard, current, 1, 1, "x").ok());
}

TEST_CASE_METHOD(conformance, "a batch that is not at the head is fenced off", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 2, "ab").ok());

  CHECK(append(first_shard, epoch, 2, 1, "x").code == storage_code::fenced);
  CHECK(append(first_shard, epoch, 4, 1, "x").code == storage_code::fenced);
  CHECK(append(first_shard, epoch, 4, 1, "x").text.find("shard 1") != std::string::npos);
  CHECK(read(first_shard, 1) == texts{"1+2:ab"});
}

TEST_CASE_METHOD(conformance, "a refused batch does not delay the others", "[journal]") {
  const auto first = acquire(first_shard).epoch;
  const auto second = acquire(second_shard).epoch;
  const std::vector<append_batch> group{{first_shard, first, 1, 1, "a"},
                                        {second_shard, second, 7, 1, "x"},
                                        {first_shard, first, 2, 1, "b"}};

  const auto results = store->write(group);

  CHECK(results.at(0).ok());
  CHECK(results.at(1).code == storage_code::fenced);
  CHECK(results.at(2).ok());
  CHECK(read(first_shard, 1) == texts{"1+1:a", "2+1:b"});
  CHECK(read(second_shard, 1).empty());
}

TEST_CASE_METHOD(conformance, "reading begins with the batch that holds the event", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 3, "abc").ok());
  REQUIRE(append(first_shard, epoch, 4, 3, "def").ok());

  CHECK(read(first_shard, 3) == texts{"1+3:abc", "4+3:def"});
  CHECK(read(first_shard, 4) == texts{"4+3:def"});
  CHECK(read(first_shard, 5) == texts{"4+3:def"});
  CHECK(read(first_shard, 7).empty());
  CHECK(last_status.ok());
}

TEST_CASE_METHOD(conformance, "a journal that ends before the event is corrupt", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 3, "abc").ok());

  CHECK(read(first_shard, 5).empty());
  CHECK(last_status.code == storage_code::corrupt);
}

TEST_CASE_METHOD(conformance, "reading stops when the visitor returns false", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  for (std::uint64_t first = 1; first <= 5; ++first)
    REQUIRE(append(first_shard, epoch, first, 1, "x").ok());
  int batches = 0;

  CHECK(store->read(first_shard, 1, [&](const stored_batch&) { return ++batches < 2; }).ok());

  CHECK(batches == 2);
}

TEST_CASE_METHOD(conformance, "a reader may write and commit a snapshot", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  for (std::uint64_t first = 1; first <= 3; ++first)
    REQUIRE(append(first_shard, epoch, first, 1, "x").ok());
  texts found;

  const auto status = store->read(first_shard, 1, [&](const stored_batch& batch) {
    found.emplace_back(batch.bytes);
    if (batch.first == 3) {
      CHECK(append(first_shard, epoch, 4, 1, "y").ok());
      CHECK(commit(first_shard, epoch, 4, {}).ok());
    }
    return true;
  });

  CHECK(status.ok());
  CHECK(found == texts{"x", "x", "x"});
}

TEST_CASE_METHOD(conformance, "shards do not see each other", "[journal]") {
  REQUIRE(append(first_shard, acquire(first_shard).epoch, 1, 1, "a").ok());
  REQUIRE(put(second_shard, acquire(second_shard).epoch, {{"k", "v"}}).ok());

  CHECK(read(second_shard, 1).empty());
  CHECK(list(first_shard).empty());
  CHECK(list(second_shard) == texts{"k"});
}

TEST_CASE_METHOD(conformance, "objects are listed by prefix, in order, and read", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  const std::string large(object_bytes_max, 'o');

  REQUIRE(put(first_shard, epoch, {{"snap/2", "b"}, {"far/9", large}, {"snap/1", "a"}}).ok());
  REQUIRE(store->sync().ok());
  reopen();

  CHECK(list(first_shard, "snap/") == texts{"snap/1", "snap/2"});
  CHECK(list(first_shard) == texts{"far/9", "snap/1", "snap/2"});
  CHECK(get(first_shard, "snap/2") == "b");
  CHECK(get(first_shard, "far/9") == large);
}

TEST_CASE_METHOD(conformance, "an object that does not exist is corrupt", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;

  (void)get(first_shard, "snap/1");
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(last_status.text.find("snap/1") != std::string::npos);
  CHECK(commit(first_shard, epoch, 1, {"snap/1"}).code == storage_code::corrupt);
}

TEST_CASE_METHOD(conformance, "an object above the limit and a change to a live one are bugs",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(put(first_shard, epoch, {{"k", "v"}}).ok());
  REQUIRE(put(first_shard, epoch, {{"k", "w"}}).ok());
  REQUIRE(commit(first_shard, epoch, 1, {"k"}).ok());
  reopen();
  const auto current = acquire(first_shard).epoch;

  CHECK_THROWS_AS(put(first_shard, current, {{"k", "u"}}), contract_violation);
  CHECK_THROWS_AS(put(first_shard, current, {{"large", std::string(object_bytes_max + 1, 'o')}}),
                  contract_violation);
  CHECK(get(first_shard, "k") == "w");
}

TEST_CASE_METHOD(conformance, "a snapshot replaces the events before it and keeps the rest",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  for (std::uint64_t first = 1; first <= 9; first += 3)
    REQUIRE(append(first_shard, epoch, first, 3, "xyz").ok());
  REQUIRE(put(first_shard, epoch, {{"old", "1"}, {"new", "2"}}).ok());

  REQUIRE(commit(first_shard, epoch, 5, {"new"}).ok());
  reopen();

  CHECK(snapshot(first_shard) == 5);
  CHECK(list(first_shard) == texts{"new"});
  CHECK(get(first_shard, "new") == "2");
  CHECK(read(first_shard, 5) == texts{"4+3:xyz", "7+3:xyz"});
  CHECK(read(first_shard, 1).empty());
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(acquire(first_shard).head == 10);
}

TEST_CASE_METHOD(conformance,
                 "a snapshot at the head leaves an empty journal that can be appended to",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 4, "abcd").ok());
  REQUIRE(commit(first_shard, epoch, 5, {}).ok());
  reopen();

  const auto current = acquire(first_shard);

  CHECK(current.head == 5);
  CHECK(read(first_shard, 5).empty());
  CHECK(last_status.ok());
  CHECK(append(first_shard, current.epoch, 5, 1, "e").ok());
  CHECK(read(first_shard, 5) == texts{"5+1:e"});
}

TEST_CASE_METHOD(conformance, "the next snapshot drops the objects of the one before",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 2, "ab").ok());
  REQUIRE(put(first_shard, epoch, {{"a", "1"}, {"b", "2"}}).ok());
  REQUIRE(commit(first_shard, epoch, 2, {"a", "b"}).ok());
  REQUIRE(put(first_shard, epoch, {{"c", "3"}}).ok());

  REQUIRE(commit(first_shard, epoch, 3, {"b", "c"}).ok());
  reopen();

  CHECK(list(first_shard) == texts{"b", "c"});
  (void)get(first_shard, "a");
  CHECK(last_status.code == storage_code::corrupt);
}

TEST_CASE_METHOD(conformance, "a snapshot beyond the head or before the last one is a bug",
                 "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  REQUIRE(append(first_shard, epoch, 1, 3, "abc").ok());
  REQUIRE(commit(first_shard, epoch, 3, {}).ok());

  CHECK_THROWS_AS(commit(first_shard, epoch, 5, {}), contract_violation);
  CHECK_THROWS_AS(commit(first_shard, epoch, 2, {}), contract_violation);
}

TEST_CASE_METHOD(conformance, "many live objects are committed and dropped", "[journal]") {
  const auto epoch = acquire(first_shard).epoch;
  std::vector<object> pages;
  texts keys;
  for (int i = 0; i < 2000; ++i) {
    keys.push_back("far/" + std::to_string(100'000 + i));
    pages.push_back({keys.back(), "page"});
  }
  REQUIRE(put(first_shard, epoch, pages).ok());
  REQUIRE(commit(first_shard, epoch, 1, keys).ok());
  const texts kept(keys.begin() + 1, keys.end());

  REQUIRE(commit(first_shard, epoch, 1, kept).ok());
  reopen();

  CHECK(list(first_shard, "far/") == kept);
}

} // namespace belfry
