// The cases of all engines; see membership_conformance.hpp. `MEMBERSHIP_ENGINE` is the engine.

namespace belfry {

namespace {

using membership_cases = membership_conformance<MEMBERSHIP_ENGINE>;
using shard_numbers = std::vector<std::uint16_t>;

} // namespace

TEST_CASE_METHOD(membership_cases, "all shards are unassigned at first", "[membership]") {
  CHECK(cluster_text() == "0 0 0 0:");
}

TEST_CASE_METHOD(membership_cases, "a node joins with the attributes that it names",
                 "[membership]") {
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

TEST_CASE_METHOD(membership_cases,
                 "heartbeats are counted, and a node that is not a member is told so",
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

TEST_CASE_METHOD(membership_cases, "an unassigned shard is claimed once", "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 2}) == shard_numbers{0, 2});
  CHECK(claim(2, {1, 2}) == shard_numbers{1});
  CHECK(cluster_text() == "1 2 1 0: 1 2");
}

TEST_CASE_METHOD(membership_cases, "a shard is claimed only from the owner that was seen",
                 "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}) == shard_numbers{0, 1});
  CHECK(claim(2, {0}, 7).empty());
  CHECK(claim(2, {0, 3}, 1) == shard_numbers{0});
  CHECK(cluster_text() == "2 1 0 0: 1 2");
}

TEST_CASE_METHOD(membership_cases, "a node that is not a member claims nothing", "[membership]") {
  join(1);
  CHECK(claim(9, {0}).empty());
  CHECK(cluster_text() == "0 0 0 0: 1");
}

TEST_CASE_METHOD(membership_cases, "a node releases only its own shards", "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}).size() == 2);
  CHECK(claim(2, {2}).size() == 1);
  const std::vector<shard_id> all{{0}, {2}, {3}};
  CHECK(store->release({1}, all).ok());
  CHECK(cluster_text() == "0 1 2 0: 1 2");
}

TEST_CASE_METHOD(membership_cases, "a member that has sent a heartbeat meanwhile is not evicted",
                 "[membership]") {
  join(1);
  CHECK(claim(1, {0}).size() == 1);
  const auto heartbeats = read_view().members[0].heartbeats;
  CHECK(heartbeat(1));
  CHECK(store->evict({1}, heartbeats).ok());
  CHECK(cluster_text() == "1 0 0 0: 1");

  CHECK(store->evict({1}, read_view().members[0].heartbeats).ok());
  CHECK(cluster_text() == "1 0 0 0:"); // Until another member claims the shard.
  CHECK_FALSE(heartbeat(1));
}

TEST_CASE_METHOD(membership_cases, "a member that leaves releases its shards", "[membership]") {
  join(1);
  join(2);
  CHECK(claim(1, {0, 1}).size() == 2);
  CHECK(store->leave({1}).ok());
  CHECK(cluster_text() == "0 0 0 0: 2");
}

TEST_CASE_METHOD(membership_cases, "a node that restarts replaces its previous incarnation",
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

TEST_CASE_METHOD(membership_cases, "a node on another machine or port is another node",
                 "[membership]") {
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

TEST_CASE_METHOD(membership_cases, "the drain of a node starts and ends by its name",
                 "[membership]") {
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

TEST_CASE_METHOD(membership_cases, "a change by one node is seen by the others", "[membership]") {
  const auto other = engine.open();
  join(1);
  CHECK(claim(1, {3}).size() == 1);
  cluster_view view;
  REQUIRE(other->read_view(view).ok());
  CHECK(view.members.size() == 1);
  CHECK(view.assignments[3].owner == member_id{1});
}

TEST_CASE_METHOD(membership_cases, "only the node that a shard is assigned to acquires it",
                 "[membership]") {
  join(1);
  join(2);
  const auto first = engine.journal_of({1});
  const auto second = engine.journal_of({2});
  shard_ownership current;
  CHECK(first->acquire({0}, 0, current).code == storage_code::fenced);
  CHECK(claim(1, {0}).size() == 1);
  REQUIRE(first->acquire({0}, 0, current).ok());
  CHECK(second->acquire({0}, 0, current).code == storage_code::fenced);
  CHECK(read_view().assignments[0].epoch == current.epoch);

  // The second claims it: the first goes on until the second acquires it, but cannot acquire it.
  CHECK(claim(2, {0}, 1).size() == 1);
  const append_batch batch{
      .shard = {0}, .epoch = current.epoch, .first = 1, .count = 1, .bytes = "e"};
  CHECK(first->write({&batch, 1}).at(0).ok());
  shard_ownership late;
  CHECK(first->acquire({0}, 0, late).code == storage_code::fenced);
  shard_ownership next;
  REQUIRE(second->acquire({0}, 0, next).ok());
  CHECK(next.epoch == current.epoch + 1);
  CHECK(next.head == 2);
  const append_batch stale{
      .shard = {0}, .epoch = current.epoch, .first = 2, .count = 1, .bytes = "e"};
  CHECK(first->write({&stale, 1}).at(0).code == storage_code::fenced);

  // Its storage may be an older copy: an owner may ask for a later epoch.
  REQUIRE(second->acquire({0}, 700, next).ok());
  CHECK(next.epoch == 700);
  CHECK(next.head == 2);
}

} // namespace belfry
