// How shards move between live nodes.
#include "cluster_keeper_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using test::cluster_fixture;
using test::shard_list;

TEST_CASE_METHOD(cluster_fixture, "the owner of a shard is published before the shard is started",
                 "[cluster]") {
  std::vector<std::string> transcript; // Supervisor and dispatcher are one actor here.
  const auto listener = adopt(system.spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const cluster_updated& update) {
              if (!update.view->assignments.empty() && update.view->assignments[0].owner)
                transcript.emplace_back("cluster_updated");
            },
            [&](const set_desired_children& wanted) {
              if (!wanted.indexes.empty())
                transcript.emplace_back("set_desired_children");
            }};
  }));
  subject = adopt(system.spawn(cluster_keeper, options));
  caf::send_as(listener, subject, child_started{"dispatcher", 0, listener});
  caf::send_as(listener, subject, child_started{"router", 0, router.actor()});
  run();
  CHECK(transcript == std::vector<std::string>{"cluster_updated", "set_desired_children"});
}

TEST_CASE_METHOD(cluster_fixture, "a shard that is placed on another node is stopped and released",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  advance_with(2, 500ms);
  const auto kept = desired();
  REQUIRE(kept.size() < 4);
  CHECK(owned_by(1) == 4); // The others have not stopped yet.

  shard_list moving;
  for (std::uint16_t shard = 0; shard < shards; ++shard)
    if (std::count(kept.begin(), kept.end(), shard) == 0)
      moving.push_back(shard);
  stop_undesired();

  CHECK(owned_by(0) == moving.size());
  CHECK(published().routes[moving[0]] == member_id{2});
  CHECK(dials == std::vector<std::string>{"b"});
  CHECK(peer.all<refresh_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(cluster_fixture,
                 "the next shard is released when the new owner had time to recover the last",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  advance_with(2, 500ms);
  stop_undesired();
  REQUIRE(owned_by(0) == 1);
  std::vector<shard_assignment> free;
  cluster_view view;
  REQUIRE(others->read_view(view).ok());
  std::copy_if(view.assignments.begin(), view.assignments.end(), std::back_inserter(free),
               [](const shard_assignment& assigned) { return !assigned.owner; });
  std::vector<shard_id> claimed;
  REQUIRE(others->claim({2}, free, claimed).ok());
  REQUIRE(claimed.size() == 1);
  caf::anon_send(subject, refresh_atom::value, envelope{});
  advance(150ms);
  CHECK(desired().size() == 3);
  advance(100ms);
  CHECK(desired().size() == 2);
}

TEST_CASE_METHOD(cluster_fixture, "a shard that returns after it was released is started again",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  advance_with(2, 500ms);
  stop_undesired();
  REQUIRE(owned_by(0) > 0);
  REQUIRE(others->leave({2}).ok()); // Before it has claimed them.
  advance(500ms);
  CHECK(desired() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a shard that failed permanently here backs off", "[cluster]") {
  start();
  fail_permanently(2);
  advance(1s);
  CHECK(desired() == shard_list{0, 1, 3});
  CHECK(owned_by(1) == 4); // It would fail on another node too.
  advance(61s);
  CHECK(desired() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a shard that is not running is released like any other",
                 "[cluster]") {
  start();
  for (std::uint16_t shard = 0; shard < shards; ++shard)
    fail_permanently(shard);
  REQUIRE(others->join(member_called("b", 2)).ok());
  advance_with(2, 500ms);
  stop_undesired();
  CHECK(owned_by(0) > 0);
}

TEST_CASE_METHOD(cluster_fixture,
                 "a leaving node releases all shards and sends hints to the new owners",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  advance_with(2, 500ms);
  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  run();
  CHECK(end == caf::error{caf::exit_reason::user_shutdown});
  CHECK(owned_by(0) == 4);
  CHECK(peer.all<refresh_atom, envelope>().size() == 1);
}
