// The cases of all engines; see journal_conformance.hpp. `ENGINE` is the engine.

namespace belfry {

namespace {

constexpr shard_id one{1};
constexpr shard_id two{2};

using conformance = journal_conformance<ENGINE>;

} // namespace

TEST_CASE_METHOD(conformance, "an empty shard begins with event 1 in epoch 1", "[journal]") {
  const auto now = acquire(one);

  CHECK(now.epoch == 1);
  CHECK(now.head == 1);
  CHECK(read(one, 1).empty());
  CHECK(last_status.ok());
  CHECK(snapshot(one) == 1);
}

TEST_CASE_METHOD(conformance, "what was written is read back after opening anew", "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 2, "ab").ok());
  REQUIRE(append(one, epoch, 3, 1, "c").ok());
  REQUIRE(store->sync().ok());

  reopen();

  CHECK(acquire(one).head == 4);
  CHECK(read(one, 1) == texts{"1+2:ab", "3+1:c"});
}

TEST_CASE_METHOD(conformance, "each owner has a greater epoch, also after opening anew",
                 "[journal]") {
  const auto before = acquire(one).epoch;
  const auto between = acquire(one).epoch;

  reopen();

  CHECK(between > before);
  CHECK(acquire(one).epoch > between);
}

TEST_CASE_METHOD(conformance, "an owner of an older epoch is fenced off", "[journal]") {
  const auto before = acquire(one).epoch;
  const auto now = acquire(one).epoch;

  CHECK(append(one, before, 1, 1, "x").code == storage_code::fenced);
  CHECK(put(one, before, {{"k", "v"}}).code == storage_code::fenced);
  CHECK(commit(one, before, 1, {}).code == storage_code::fenced);
  CHECK(append(one, now, 1, 1, "x").ok());
}

TEST_CASE_METHOD(conformance, "a batch that is not at the head is fenced off", "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 2, "ab").ok());

  CHECK(append(one, epoch, 2, 1, "x").code == storage_code::fenced);
  CHECK(append(one, epoch, 4, 1, "x").code == storage_code::fenced);
  CHECK(append(one, epoch, 4, 1, "x").text.find("shard 1") != std::string::npos);
  CHECK(read(one, 1) == texts{"1+2:ab"});
}

TEST_CASE_METHOD(conformance, "a refused batch does not hold up the others", "[journal]") {
  const auto first = acquire(one).epoch;
  const auto second = acquire(two).epoch;
  const std::vector<append_batch> group{
      {one, first, 1, 1, "a"}, {two, second, 7, 1, "x"}, {one, first, 2, 1, "b"}};

  const auto results = store->write(group);

  CHECK(results.at(0).ok());
  CHECK(results.at(1).code == storage_code::fenced);
  CHECK(results.at(2).ok());
  CHECK(read(one, 1) == texts{"1+1:a", "2+1:b"});
  CHECK(read(two, 1).empty());
}

TEST_CASE_METHOD(conformance, "reading begins with the batch that holds the event", "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 3, "abc").ok());
  REQUIRE(append(one, epoch, 4, 3, "def").ok());

  CHECK(read(one, 3) == texts{"1+3:abc", "4+3:def"});
  CHECK(read(one, 4) == texts{"4+3:def"});
  CHECK(read(one, 5) == texts{"4+3:def"});
  CHECK(read(one, 7).empty());
  CHECK(last_status.ok());
}

TEST_CASE_METHOD(conformance, "a journal that ends before the event is corrupt", "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 3, "abc").ok());

  CHECK(read(one, 5).empty());
  CHECK(last_status.code == storage_code::corrupt);
}

TEST_CASE_METHOD(conformance, "reading stops when it is told to", "[journal]") {
  const auto epoch = acquire(one).epoch;
  for (std::uint64_t first = 1; first <= 5; ++first)
    REQUIRE(append(one, epoch, first, 1, "x").ok());
  int batches = 0;

  CHECK(store->read(one, 1, [&](const stored_batch&) { return ++batches < 2; }).ok());

  CHECK(batches == 2);
}

TEST_CASE_METHOD(conformance, "a reader may write and commit a snapshot", "[journal]") {
  const auto epoch = acquire(one).epoch;
  for (std::uint64_t first = 1; first <= 3; ++first)
    REQUIRE(append(one, epoch, first, 1, "x").ok());
  texts found;

  const auto ended = store->read(one, 1, [&](const stored_batch& held) {
    found.emplace_back(held.bytes);
    if (held.first == 3) {
      CHECK(append(one, epoch, 4, 1, "y").ok());
      CHECK(commit(one, epoch, 4, {}).ok());
    }
    return true;
  });

  CHECK(ended.ok());
  CHECK(found == texts{"x", "x", "x"});
}

TEST_CASE_METHOD(conformance, "shards do not see each other", "[journal]") {
  REQUIRE(append(one, acquire(one).epoch, 1, 1, "a").ok());
  REQUIRE(put(two, acquire(two).epoch, {{"k", "v"}}).ok());

  CHECK(read(two, 1).empty());
  CHECK(list(one).empty());
  CHECK(list(two) == texts{"k"});
}

TEST_CASE_METHOD(conformance, "objects are listed by prefix, in order, and read", "[journal]") {
  const auto epoch = acquire(one).epoch;
  const std::string large(object_bytes_max, 'o');

  REQUIRE(put(one, epoch, {{"snap/2", "b"}, {"far/9", large}, {"snap/1", "a"}}).ok());
  REQUIRE(store->sync().ok());
  reopen();

  CHECK(list(one, "snap/") == texts{"snap/1", "snap/2"});
  CHECK(list(one) == texts{"far/9", "snap/1", "snap/2"});
  CHECK(get(one, "snap/2") == "b");
  CHECK(get(one, "far/9") == large);
}

TEST_CASE_METHOD(conformance, "an object that does not exist is corrupt", "[journal]") {
  const auto epoch = acquire(one).epoch;

  (void)get(one, "snap/1");
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(last_status.text.find("snap/1") != std::string::npos);
  CHECK(commit(one, epoch, 1, {"snap/1"}).code == storage_code::corrupt);
}

TEST_CASE_METHOD(conformance, "an object above the limit and a change to a live one are bugs",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(put(one, epoch, {{"k", "v"}}).ok());
  REQUIRE(put(one, epoch, {{"k", "w"}}).ok());
  REQUIRE(commit(one, epoch, 1, {"k"}).ok());
  reopen();
  const auto now = acquire(one).epoch;

  CHECK_THROWS_AS(put(one, now, {{"k", "u"}}), contract_violation);
  CHECK_THROWS_AS(put(one, now, {{"large", std::string(object_bytes_max + 1, 'o')}}),
                  contract_violation);
  CHECK(get(one, "k") == "w");
}

TEST_CASE_METHOD(conformance, "a snapshot drops what it stands for and keeps the rest",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  for (std::uint64_t first = 1; first <= 9; first += 3)
    REQUIRE(append(one, epoch, first, 3, "xyz").ok());
  REQUIRE(put(one, epoch, {{"old", "1"}, {"new", "2"}}).ok());

  REQUIRE(commit(one, epoch, 5, {"new"}).ok());
  reopen();

  CHECK(snapshot(one) == 5);
  CHECK(list(one) == texts{"new"});
  CHECK(get(one, "new") == "2");
  CHECK(read(one, 5) == texts{"4+3:xyz", "7+3:xyz"});
  CHECK(read(one, 1).empty());
  CHECK(last_status.code == storage_code::corrupt);
  CHECK(acquire(one).head == 10);
}

TEST_CASE_METHOD(conformance, "a snapshot at the head leaves an empty journal that goes on",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 4, "abcd").ok());
  REQUIRE(commit(one, epoch, 5, {}).ok());
  reopen();

  const auto now = acquire(one);

  CHECK(now.head == 5);
  CHECK(read(one, 5).empty());
  CHECK(last_status.ok());
  CHECK(append(one, now.epoch, 5, 1, "e").ok());
  CHECK(read(one, 5) == texts{"5+1:e"});
}

TEST_CASE_METHOD(conformance, "the next snapshot drops the objects of the one before",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 2, "ab").ok());
  REQUIRE(put(one, epoch, {{"a", "1"}, {"b", "2"}}).ok());
  REQUIRE(commit(one, epoch, 2, {"a", "b"}).ok());
  REQUIRE(put(one, epoch, {{"c", "3"}}).ok());

  REQUIRE(commit(one, epoch, 3, {"b", "c"}).ok());
  reopen();

  CHECK(list(one) == texts{"b", "c"});
  (void)get(one, "a");
  CHECK(last_status.code == storage_code::corrupt);
}

TEST_CASE_METHOD(conformance, "a snapshot beyond the head or before the last one is a bug",
                 "[journal]") {
  const auto epoch = acquire(one).epoch;
  REQUIRE(append(one, epoch, 1, 3, "abc").ok());
  REQUIRE(commit(one, epoch, 3, {}).ok());

  CHECK_THROWS_AS(commit(one, epoch, 5, {}), contract_violation);
  CHECK_THROWS_AS(commit(one, epoch, 2, {}), contract_violation);
}

TEST_CASE_METHOD(conformance, "many live objects are committed and dropped", "[journal]") {
  const auto epoch = acquire(one).epoch;
  std::vector<object> pages;
  texts keys;
  for (int i = 0; i < 2000; ++i) {
    keys.push_back("far/" + std::to_string(100'000 + i));
    pages.push_back({keys.back(), "page"});
  }
  REQUIRE(put(one, epoch, pages).ok());
  REQUIRE(commit(one, epoch, 1, keys).ok());
  const texts kept(keys.begin() + 1, keys.end());

  REQUIRE(commit(one, epoch, 1, kept).ok());
  reopen();

  CHECK(list(one, "far/") == kept);
}

} // namespace belfry
