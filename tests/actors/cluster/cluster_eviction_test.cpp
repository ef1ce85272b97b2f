// How failed members are evicted, and their shards taken over.
#include "cluster_keeper_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using test::cluster_fixture;
using test::shard_list;

TEST_CASE_METHOD(cluster_fixture, "the shards of a failed member are taken over", "[cluster]") {
  join_other({0, 1, 2, 3});
  start();
  advance_with(2, 3s);
  CHECK(owned_by(2) == 4);

  advance(2'500ms);
  CHECK(owned_by(2) == 4);
  advance(1'000ms);
  CHECK(desired() == shard_list{0, 1, 2, 3});
  CHECK(owned_by(1) == 4);
}

TEST_CASE_METHOD(cluster_fixture,
                 "a member that sends a heartbeat at the last moment keeps its shards",
                 "[cluster]") {
  join_other({0, 1, 2, 3});
  faults.before_evict = [this] {
    bool is_member = false;
    REQUIRE(others->heartbeat({2}, is_member).ok());
    CHECK(is_member);
  };
  start();
  advance(4s);
  CHECK(owned_by(2) == 4);
  CHECK(desired().empty());
}

TEST_CASE_METHOD(cluster_fixture, "the storage's clock decides which member has failed",
                 "[cluster]") {
  join_other({0});
  start();
  for (int round = 0; round < 20; ++round, storage_lag += 240ms) // This node's clock runs fast.
    advance(250ms);
  CHECK(owned_by(2) == 1);
  advance(3s);
  CHECK(owned_by(2) == 0);
}

TEST_CASE_METHOD(cluster_fixture, "a node whose storage was unavailable evicts no member",
                 "[cluster]") {
  join_other({0});
  start();
  advance_with(2, 1s);
  is_unavailable = true;
  advance(10s);
  is_unavailable = false;
  advance(2'500ms);
  CHECK(owned_by(2) == 1);
  CHECK_FALSE(end);
}

TEST_CASE_METHOD(cluster_fixture,
                 "a node that starts on a read-only storage evicts no member when it takes writes",
                 "[cluster]") {
  join_other({0});
  faults.is_read_only = true;
  start();
  advance(5s); // Nobody can count a heartbeat.
  faults.is_read_only = false;
  advance(500ms);
  bool is_member = false;
  REQUIRE(others->heartbeat({2}, is_member).ok());
  CHECK(is_member);
  CHECK(owned_by(2) == 1);
  advance(5s);
  CHECK(owned_by(2) == 0);
}

TEST_CASE_METHOD(cluster_fixture, "hints do not make a node ask an unavailable storage more often",
                 "[cluster]") {
  faults.is_read_only = true;
  start();
  for (int hints = 0; hints < 10; ++hints) {
    caf::send_as(router.actor(), subject, refresh_atom::value, envelope{});
    advance(20ms);
  }
  CHECK(faults.refusals == 1);
  advance(1s);
  CHECK(faults.refusals == 3);

  faults.is_read_only = false;
  advance(500ms);
  CHECK(desired() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a node that was evicted stops its shards and joins again",
                 "[cluster]") {
  start();
  cluster_view view;
  REQUIRE(others->read_view(view).ok());
  REQUIRE(others->evict({1}, view.members[0].heartbeats).ok());
  supervisor.received().clear();
  advance(1s);
  const auto requests = supervisor.all<set_desired_children>();
  REQUIRE(requests.size() >= 2);
  CHECK(requests.front().get_as<set_desired_children>(0).indexes.empty());
  CHECK(desired() == shard_list{0, 1, 2, 3});
}
