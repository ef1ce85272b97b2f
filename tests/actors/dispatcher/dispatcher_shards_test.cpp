// How a dispatcher and the shards deal with each other.
#include "dispatcher/dispatcher.hpp"

#include "dispatcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;
using belfry::test::dispatcher_fixture;
using belfry::test::probe;

TEST_CASE_METHOD(dispatcher_fixture, "a new dispatcher asks every shard for its lanes",
                 "[dispatcher]") {
  CHECK(shards[0].all<request_lanes>().size() == 1);
  CHECK(shards[1].all<request_lanes>().size() == 1);
  announce_shard(1);
  CHECK(shards[1].all<request_lanes>().size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard that granted too little is asked again after a while",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);
  granted(0, grants_requested(0)[0], 0);
  CHECK(shards[0].all<request_lanes>().size() == 1);

  advance(6s);

  CHECK(shards[0].all<request_lanes>().size() == 2);
  CHECK(shards[1].all<request_lanes>().size() == 1);
  update_lanes(0, {lane("mail", 5)}, true);
  CHECK(grants_requested(0).size() == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "an answer in the name of another shard is ignored",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);
  send(bob, tasks_granted{.shard = shard_id{0}, .request = grants_requested(0)[0], .granted = 0});
  send(shards[1],
       tasks_granted{.shard = shard_id{7}, .request = grants_requested(0)[0], .granted = 0});
  update_lanes(1, {lane("mail", 5)}, false);
  CHECK(grants_requested(1).empty());
}

TEST_CASE_METHOD(dispatcher_fixture, "a restarted shard learns of workers when they attach again",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);
  REQUIRE(grants_requested(0).size() == 1);

  restart(0);

  CHECK(status().shards_serving() == 1);
  CHECK(shards[0].all<request_lanes>().size() == 1);
  update_lanes(1, {lane("mail", 1)}, false);
  REQUIRE(grants_requested(1).size() == 1); // The dead shard's reservation is credit again.
  update_lanes(0, {lane("mail", 5)}, true);
  CHECK(status().shards_serving() == 2);
  CHECK(welcomes(ann).size() == 2); // After the death, and after the restart.
  CHECK(grants_requested(0).empty());
  heartbeat(ann, 9);
  CHECK(shards[0].all<worker_heartbeat>().empty());

  attach(ann, 9, 3);

  CHECK(attachments(0).size() == 1);
  CHECK(attachments(1).size() == 1); // The other shard knows the worker.
  REQUIRE(grants_requested(0).size() == 1);
  CHECK(grants_requested(0)[0].count == 2); // One is still reserved at the other shard.
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "an Attach that was sent before a shard began to serve is not passed to it",
                 "[dispatcher]") {
  serve();
  attach(ann, 1, 4);
  restart(0);
  update_lanes(0, {}, true);

  auto crossing = attach_of(1, 4); // Sent before the worker received the Welcome.
  crossing.set_is_first(false);
  send_sealed(ann, attach_atom::value, crossing);
  CHECK(attachments(0).empty());

  advance(duration{100});
  REQUIRE_FALSE(welcomes(ann).empty());
  crossing.set_attach_generation(welcomes(ann).back().attach_generation());
  send_sealed(ann, attach_atom::value, crossing);
  CHECK(attachments(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard's lanes count from its first complete update on",
                 "[dispatcher]") {
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);
  CHECK(grants_requested(0).empty());
  CHECK(attachments(0).empty());
  const auto unknown_shard = make_probe();
  send(unknown_shard, lane_update{.shard = shard_id{0},
                                  .sender = unknown_shard.actor(),
                                  .is_complete = false,
                                  .lanes = {lane("mail", 5)}});
  run();
  CHECK(status().shards_serving() == 0);

  update_lanes(0, {}, true);
  CHECK(welcomes(ann).size() == 1);
  attach(ann, 9, 3);
  send(unknown_shard, lane_update{.shard = shard_id{0},
                                  .sender = unknown_shard.actor(),
                                  .is_complete = false,
                                  .lanes = {lane("mail", 5)}});
  update_lanes(0, {lane("mail", 5)}, false);
  CHECK(grants_requested(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "a shard that wants a flush gets it after the requests for grants",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  const auto ask = [&](probe& from, std::vector<lane_summary> lanes) {
    send(from, lane_update{.shard = shard_id{0},
                           .sender = from.actor(),
                           .is_complete = false,
                           .lanes = std::move(lanes),
                           .epoch = 0,
                           .wants_flush = true});
    run();
  };
  SECTION("with requests") {
    ask(shards[0], {lane("mail", 5)});
    REQUIRE(grants_requested(0).size() == 1);
    CHECK(shards[0].received().back().match_elements<flush_atom>());
  }
  SECTION("without requests") {
    ask(shards[0], {lane("mail", 0)});
    CHECK(shards[0].all<flush_atom>().size() == 1);
  }
  SECTION("of an unknown shard") {
    auto unknown_shard = make_probe();
    ask(unknown_shard, {});
    CHECK(unknown_shard.all<flush_atom>().size() == 1);
  }
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "an update of a restarted shard may overtake its child_started", "[dispatcher]") {
  serve();
  shards[0] = make_probe();
  update_lanes(0, {lane("mail", 5)}, true);
  announce_shard(0);
  attach(ann, 9, 3);
  CHECK(grants_requested(0).size() == 1);
  CHECK(attachments(0).size() == 1);
}
