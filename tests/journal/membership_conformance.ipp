// The cases of all engines; see membership_conformance.hpp. `MEMBERSHIP_ENGINE` is the engine.

namespace belfry {

namespace {

using membership_cases = membership_conformance<MEMBERSHIP_ENGINE>;
using shard_numbers = std::vector<std::uint16_t>;

} // namespace

TEST_CASE_METHOD(membership_cases, "all shards are free at first", "[membership]") {
  CHECK(cluster_text() == "0 0 0 0:");
}

TEST_CASE_METHOD(membership_cases, "who joins is seen as it says", "[membership]") {
  join(2);
  auto expected = member_of(1);
  expected.weight = 3;
  REQUIRE(store->join(expected).ok());

  const auto view = read_view();
  REQUIRE(view.members.size() == 2);
  expected.heartbeats = view.members[0].heartbeats;
  CHECK(view.members[0] == expected);
  CHECK(view.members[1].id == member_id{2});
}

TEST_CASE_METHOD(membership_cases, "beats are counted, and a stranger hears that it is one",
                 "[membership]") {
  join(1);
  const auto before = read_view();
  CHECK(heartbeat(1));
  CHECK_FALSE(heartbeat(2));
  const auto after = read_view();
  CHECK(after.members[0].heartbeats > before.members[0].heartbeats);
  CHECK(after.now >= before.now);
  CHECK(after.members.size() == 1);
}

TEST_CASE_METHOD(membership_cases, "a free seat is claimed once", "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 2}) == shard_numbers{0, 2});
  CHECK(claim(2, {1, 2}) == shard_numbers{1});
  CHECK(cluster_text() == "1 2 1 0: 1 2");
}

TEST_CASE_METHOD(membership_cases, "a seat is claimed from the owner that was seen, or not",
                 "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}) == shard_numbers{0, 1});
  CHECK(claim(2, {0}, 7).empty());
  CHECK(claim(2, {0, 3}, 1) == shard_numbers{0});
  CHECK(cluster_text() == "2 1 0 0: 1 2");
}

TEST_CASE_METHOD(membership_cases, "who is no member claims nothing", "[membership]") {
  join(1);
  CHECK(claim(9, {0}).empty());
  CHECK(cluster_text() == "0 0 0 0: 1");
}

TEST_CASE_METHOD(membership_cases, "one frees what is its own", "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}).size() == 2);
  CHECK(claim(2, {2}).size() == 1);
  const std::vector<shard_id> all{{0}, {2}, {3}};
  CHECK(store->release({1}, all).ok());
  CHECK(cluster_text() == "0 1 2 0: 1 2");
}

TEST_CASE_METHOD(membership_cases, "who has given a sign of life since is not buried", "[membership]") {
  join(1);
  CHECK(claim(1, {0}).size() == 1);
  const auto heartbeats = read_view().members[0].heartbeats;
  CHECK(heartbeat(1));
  CHECK(store->evict({1}, heartbeats).ok());
  CHECK(cluster_text() == "1 0 0 0: 1");

  CHECK(store->evict({1}, read_view().members[0].heartbeats).ok());
  CHECK(cluster_text() == "1 0 0 0:"); // Until somebody claims its seat from it.
  CHECK_FALSE(heartbeat(1));
}

TEST_CASE_METHOD(membership_cases, "who leaves frees its seats", "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}).size() == 2);
  CHECK(store->leave({1}).ok());
  CHECK(cluster_text() == "0 0 0 0: 2");
}

TEST_CASE_METHOD(membership_cases, "a node that comes back takes the place of its former life",
                 "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}).size() == 2);
  CHECK(claim(2, {2}).size() == 1);
  auto again = member_of(1);
  again.id = {5};
  CHECK(store->join(again).ok());
  CHECK(cluster_text() == "0 0 2 0: 2 5");
}

TEST_CASE_METHOD(membership_cases, "one of another machine or port is another node", "[membership]") {
  join(1);
  auto other = member_of(1);
  other.id = {5};
  other.machine = "there";
  CHECK(store->join(other).ok());
  other.id = {6};
  other.port = 4101;
  CHECK(store->join(other).ok());
  CHECK(cluster_text() == "0 0 0 0: 1 5 6");
}

TEST_CASE_METHOD(membership_cases, "nodes drain by name, and no longer", "[membership]") {
  join(1);
  join(2);
  std::size_t found = 0;
  CHECK(store->set_draining("node2", true, found).ok());
  CHECK(found == 1);
  CHECK(read_view().members[1].is_draining);
  CHECK_FALSE(read_view().members[0].is_draining);
  CHECK(store->set_draining("node2", false, found).ok());
  CHECK_FALSE(read_view().members[1].is_draining);
  CHECK(store->set_draining("node9", true, found).ok());
  CHECK(found == 0);
}

TEST_CASE_METHOD(membership_cases, "what one changes the others see", "[membership]") {
  const auto other = engine.open();
  join(1);
  CHECK(claim(1, {3}).size() == 1);
  cluster_view view;
  REQUIRE(other->read_view(view).ok());
  CHECK(view.members.size() == 1);
  CHECK(view.assignments[3].owner == member_id{1});
}

TEST_CASE_METHOD(membership_cases, "the owner of a seat acquires the shard, and nobody else does",
                 "[membership]") {
  join(1);
  join(2);
  const auto first = engine.journal_of({1});
  const auto second = engine.journal_of({2});
  shard_ownership now;
  CHECK(first->acquire({0}, now).code == storage_code::fenced);
  CHECK(claim(1, {0}).size() == 1);
  REQUIRE(first->acquire({0}, now).ok());
  CHECK(second->acquire({0}, now).code == storage_code::fenced);
  CHECK(read_view().assignments[0].epoch == now.epoch);

  // Another claims it: the first goes on until that one acquires it, and cannot take it back.
  CHECK(claim(2, {0}, 1).size() == 1);
  const append_batch batch{{0}, now.epoch, 1, 1, "e"};
  CHECK(first->write({&batch, 1}).at(0).ok());
  shard_ownership late;
  CHECK(first->acquire({0}, late).code == storage_code::fenced);
  shard_ownership next;
  REQUIRE(second->acquire({0}, next).ok());
  CHECK(next.epoch == now.epoch + 1);
  CHECK(next.head == 2);
  const append_batch stale{{0}, now.epoch, 2, 1, "e"};
  CHECK(first->write({&stale, 1}).at(0).code == storage_code::fenced);
}

} // namespace belfry
