#include "dispatcher/dispatcher.hpp"

#include "belfry/failure.hpp"
#include "dispatcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;
using belfry::test::dispatcher_fixture;

TEST_CASE_METHOD(dispatcher_fixture, "a new dispatcher asks every shard for its lanes",
                 "[dispatcher]") {
  CHECK(shards[0].all<request_lanes>().size() == 1);
  CHECK(shards[1].all<request_lanes>().size() == 1);
  meet(1);
  CHECK(shards[1].all<request_lanes>().size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker that attaches becomes known to every shard",
                 "[dispatcher]") {
  serve();
  auto message = offer(9, 4);
  auto* run_of_1 = message.add_running();
  run_of_1->set_task(task_id::of(shard_id{1}, 5).value);
  run_of_1->set_token(77);

  say_sealed(ann, attach_atom::value, message);

  REQUIRE(answers(ann).size() == 1);
  CHECK(answers(ann)[0].lease_ms() == 10'000);
  CHECK_FALSE(answers(ann)[0].has_failure());
  REQUIRE(attachments(0).size() == 1);
  CHECK(attachments(0)[0].session == session_id{9});
  CHECK(attachments(0)[0].worker == ann.actor());
  CHECK(attachments(0)[0].held.empty());
  REQUIRE(attachments(1).size() == 1);
  REQUIRE(attachments(1)[0].held.size() == 1);
  CHECK(attachments(1)[0].held[0].task == task_id::of(shard_id{1}, 5));
  CHECK(attachments(1)[0].held[0].token == fencing_token{77});
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker with nothing to offer is refused", "[dispatcher]") {
  serve();
  auto message = offer(9, 4);
  SECTION("session 0") {
    message.set_session(0);
  }
  SECTION("no kinds") {
    message.clear_kinds();
  }
  SECTION("no slots") {
    message.set_slots(0);
  }
  SECTION("more slots than there can be") {
    message.set_slots(4'000'000'000);
  }
  SECTION("more credit than there can be") {
    message.set_credit(4'000'000'000);
  }

  say_sealed(ann, attach_atom::value, message);

  REQUIRE(answers(ann).size() == 1);
  CHECK(answers(ann)[0].failure().code() == static_cast<std::uint32_t>(errc::invalid_argument));
  CHECK_FALSE(answers(ann)[0].failure().what().empty());
  CHECK(attachments(0).empty());
  CHECK(status().workers_size() == 0);
}

TEST_CASE_METHOD(dispatcher_fixture, "ready tasks are asked for as far as there is credit",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);

  REQUIRE(takes(0).size() == 1);
  CHECK(takes(0)[0].session == session_id{9});
  CHECK(takes(0)[0].queue == "mail");
  CHECK(takes(0)[0].kind == "send");
  CHECK(takes(0)[0].count == 3);
  credit(ann, 9, 1);
  REQUIRE(takes(0).size() == 2);
  CHECK(takes(0)[1].count == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a batch of mail is matched in one go", "[dispatcher]") {
  serve();
  attach(ann, 9, 0);
  tell(0, {lane("mail", 50)}, false);
  wire::Credit message;
  message.set_session(9);
  message.set_count(1);
  for (int i = 0; i < 20; ++i)
    say(ann, credit_atom::value, envelope{wire::seal(message), 0});
  run();

  REQUIRE(takes(0).size() == 1);
  CHECK(takes(0)[0].count == 20);
}

TEST_CASE_METHOD(dispatcher_fixture, "shards hear that a worker's connection is lost",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  run();

  for (const auto& shard : shards) {
    REQUIRE(shard.all<worker_disconnected>().size() == 1);
    CHECK(shard.all<worker_disconnected>()[0].get_as<worker_disconnected>(0).session ==
          session_id{9});
  }
}

TEST_CASE_METHOD(dispatcher_fixture, "what a shard does not grant goes elsewhere", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);
  tell(1, {lane("mail", 5)}, false);
  CHECK(takes(1).empty());

  granted(0, takes(0)[0], 1);

  REQUIRE(takes(1).size() == 1);
  CHECK(takes(1)[0].count == 2);
  CHECK(takes(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard that granted too little is asked again after a while",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);
  granted(0, takes(0)[0], 0);
  CHECK(shards[0].all<request_lanes>().size() == 1);

  advance(6s);

  CHECK(shards[0].all<request_lanes>().size() == 2);
  CHECK(shards[1].all<request_lanes>().size() == 1);
  tell(0, {lane("mail", 5)}, true);
  CHECK(takes(0).size() == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "an answer in another shard's name is not believed",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);
  say(bob, tasks_granted{shard_id{0}, takes(0)[0], 0});
  say(shards[1], tasks_granted{shard_id{7}, takes(0)[0], 0});
  tell(1, {lane("mail", 5)}, false);
  CHECK(takes(1).empty());
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "a worker that is gone gets nothing and stays known for a while", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  run();
  tell(0, {lane("mail", 5)}, false);

  CHECK(takes(0).empty());
  REQUIRE(status().workers_size() == 1);
  CHECK_FALSE(status().workers(0).is_connected());
  CHECK(explain("mail", "send").reason() == "no_worker");

  advance(16s);
  CHECK(status().workers_size() == 0);
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker that is silent for a lease is forgotten",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  attach(bob, 8, 3);
  for (int i = 0; i < 4; ++i) {
    advance(4s);
    beat(bob, 8);
  }
  REQUIRE(status().workers_size() == 1);
  CHECK(status().workers(0).session() == 8);

  tell(0, {lane("mail", 50)}, false);
  for (const auto& one : takes(0))
    CHECK(one.session == session_id{8});

  beat(ann, 9); // It was only slow.
  CHECK(welcomes(ann) == 1);
  attach(ann, 9, 3);
  CHECK(attachments(0).size() == 3);
  CHECK(takes(0).back().session == session_id{9});
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker that a shard has forgotten is asked to attach anew",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);
  REQUIRE(takes(0).size() == 1);
  granted(0, takes(0)[0], 0, true);

  CHECK(welcomes(ann) == 1);
  tell(0, {lane("mail", 5)}, false);
  CHECK(takes(0).size() == 1); // Nothing more before it has attached.
  attach(ann, 9, 3);
  CHECK(attachments(0).size() == 2);
  CHECK(attachments(1).size() == 1);
  REQUIRE(takes(0).size() == 2);
  CHECK(takes(0)[1].count == 3);
}

TEST_CASE_METHOD(dispatcher_fixture, "a session that attaches from elsewhere replaces the former",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  attach(bob, 9, 2);

  REQUIRE(attachments(0).size() == 2);
  CHECK(attachments(0)[1].worker == bob.actor());
  credit(ann, 9, 50);
  beat(ann, 9);
  CHECK(welcomes(ann) == 0);
  CHECK(shards[0].all<worker_heartbeat>().empty());
  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  tell(0, {lane("mail", 50)}, false);
  REQUIRE(takes(0).size() == 1);
  CHECK(takes(0)[0].count == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "beats reach the shards, each with what it should know",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  wire::Heartbeat message;
  message.set_session(9);
  message.set_running(2);
  auto* progress = message.add_progress();
  progress->set_task(task_id::of(shard_id{1}, 5).value);
  progress->set_token(77);
  progress->set_text("half");

  say_sealed(ann, heartbeat_atom::value, message);

  REQUIRE(shards[0].all<worker_heartbeat>().size() == 1);
  CHECK(shards[0].all<worker_heartbeat>()[0].get_as<worker_heartbeat>(0).notes.empty());
  REQUIRE(shards[1].all<worker_heartbeat>().size() == 1);
  const auto heard_by_1 = shards[1].all<worker_heartbeat>()[0].get_as<worker_heartbeat>(0);
  CHECK(heard_by_1.session == session_id{9});
  REQUIRE(heard_by_1.notes.size() == 1);
  CHECK(heard_by_1.notes[0].text == "half");
  CHECK(status().workers(0).running() == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard that restarts learns of the workers from themselves",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);
  REQUIRE(takes(0).size() == 1);

  restart(0);

  CHECK(status().shards_serving() == 1);
  CHECK(shards[0].all<request_lanes>().size() == 1);
  tell(1, {lane("mail", 1)}, false);
  REQUIRE(takes(1).size() == 1); // What was asked of the dead shard is credit again.
  tell(0, {lane("mail", 5)}, true);
  CHECK(status().shards_serving() == 2);
  CHECK(welcomes(ann) == 2); // That it is gone, and that it is back.
  CHECK(takes(0).empty());
  beat(ann, 9);
  CHECK(shards[0].all<worker_heartbeat>().empty());

  attach(ann, 9, 3);

  CHECK(attachments(0).size() == 1);
  CHECK(attachments(1).size() == 1); // The other shard has known it all along.
  REQUIRE(takes(0).size() == 1);
  CHECK(takes(0)[0].count == 2); // One is still asked of the other shard.
}

TEST_CASE_METHOD(dispatcher_fixture, "an Attach from before a shard began tells it nothing",
                 "[dispatcher]") {
  serve();
  attach(ann, 1, 4);
  restart(0);
  tell(0, {}, true);

  auto crossing = offer(1, 4); // Sent before the worker could hear of the new shard.
  crossing.set_is_first(false);
  say_sealed(ann, attach_atom::value, crossing);
  CHECK(attachments(0).empty());

  advance(duration{100});
  REQUIRE_FALSE(invitations(ann).empty());
  crossing.set_attach_generation(invitations(ann).back().attach_generation());
  say_sealed(ann, attach_atom::value, crossing);
  CHECK(attachments(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard's lanes count from its first full account on",
                 "[dispatcher]") {
  attach(ann, 9, 3);
  tell(0, {lane("mail", 5)}, false);
  CHECK(takes(0).empty());
  CHECK(attachments(0).empty());
  const auto stranger = stand_in();
  say(stranger, lane_update{shard_id{0}, stranger.actor(), false, {lane("mail", 5)}});
  run();
  CHECK(status().shards_serving() == 0);

  tell(0, {}, true);
  CHECK(welcomes(ann) == 1);
  attach(ann, 9, 3);
  say(stranger, lane_update{shard_id{0}, stranger.actor(), false, {lane("mail", 5)}});
  tell(0, {lane("mail", 5)}, false);
  CHECK(takes(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard that asks is answered behind what is taken from it",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  const auto ask = [&](test::probe& from, std::vector<lane_summary> lanes) {
    say(from, lane_update{shard_id{0}, from.actor(), false, std::move(lanes), 0, true});
    run();
  };
  SECTION("something is") {
    ask(shards[0], {lane("mail", 5)});
    REQUIRE(takes(0).size() == 1);
    CHECK(shards[0].heard().back().match_elements<flush_atom>());
  }
  SECTION("nothing is") {
    ask(shards[0], {lane("mail", 0)});
    CHECK(shards[0].all<flush_atom>().size() == 1);
  }
  SECTION("nobody knows it yet") {
    auto stranger = stand_in();
    ask(stranger, {});
    CHECK(stranger.all<flush_atom>().size() == 1);
  }
}

TEST_CASE_METHOD(dispatcher_fixture, "a shard may be quicker than the word of its start",
                 "[dispatcher]") {
  serve();
  shards[0] = stand_in();
  tell(0, {lane("mail", 5)}, true);
  meet(0);
  attach(ann, 9, 3);
  CHECK(takes(0).size() == 1);
  CHECK(attachments(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a dispatcher that restarts learns all anew", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  caf::anon_send_exit(dispatch, caf::exit_reason::kill);
  run();

  start();
  meet(0);
  meet(1);
  tell(0, {lane("mail", 5)}, true);
  tell(1, {}, true);
  credit(ann, 9, 1);
  CHECK(takes(0).empty());
  beat(ann, 9);
  CHECK(welcomes(ann) == 1);
  attach(ann, 9, 2);

  CHECK(attachments(0).size() == 2);
  CHECK(attachments(1).size() == 2);
  REQUIRE(takes(0).size() == 1);
  CHECK(takes(0)[0].count == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "garbage changes nothing", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  const std::vector<char> bytes{'g', 'a', 'r', 'b', 'a', 'g', 'e'};
  say(ann, attach_atom::value, envelope{bytes, 0});
  say(ann, heartbeat_atom::value, envelope{bytes, 0});
  say(ann, credit_atom::value, envelope{{}, 0});
  say(ann, std::string{"what is this"});
  caf::anon_send(dispatch, attach_atom::value, envelope{wire::seal(offer(3, 3)), 0});
  caf::anon_send(dispatch, child_started{"shard", 99, ann.actor()});
  caf::anon_send(dispatch, child_started{"shard", 0, {}});
  caf::anon_send(dispatch, child_started{"router", 0, ann.actor()});
  caf::anon_send(dispatch, lane_update{shard_id{99}, ann.actor(), true, {}});
  caf::anon_send(dispatch, complete_answer{});
  beat(ann, 0);
  run();

  CHECK(answers(ann).size() == 1);
  CHECK(welcomes(ann) == 0);
  CHECK(status().workers_size() == 1);
  CHECK(status().shards_serving() == 2);
}
