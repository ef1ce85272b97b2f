// How a dispatcher and the workers deal with each other.
#include "dispatcher/dispatcher.hpp"

#include "belfry/failure.hpp"
#include "dispatcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;
using belfry::test::dispatcher_fixture;

TEST_CASE_METHOD(dispatcher_fixture, "a worker that attaches becomes known to every shard",
                 "[dispatcher]") {
  serve();
  auto message = attach_of(9, 4);
  auto* run_of_1 = message.add_running();
  run_of_1->set_task(task_id::of(shard_id{1}, 5).value);
  run_of_1->set_token(77);

  send_sealed(ann, attach_atom::value, message);

  REQUIRE(attach_answers(ann).size() == 1);
  CHECK(attach_answers(ann)[0].lease_ms() == 10'000);
  CHECK_FALSE(attach_answers(ann)[0].has_failure());
  REQUIRE(attachments(0).size() == 1);
  CHECK(attachments(0)[0].session == session_id{9});
  CHECK(attachments(0)[0].worker == ann.actor());
  CHECK(attachments(0)[0].held.empty());
  REQUIRE(attachments(1).size() == 1);
  REQUIRE(attachments(1)[0].held.size() == 1);
  CHECK(attachments(1)[0].held[0].task == task_id::of(shard_id{1}, 5));
  CHECK(attachments(1)[0].held[0].token == fencing_token{77});
}

TEST_CASE_METHOD(dispatcher_fixture, "each shard learns what an attaching worker remembers of it",
                 "[dispatcher]") {
  serve();
  auto message = attach_of(9, 4);
  auto* memory_of_1 = message.add_remembered();
  memory_of_1->set_shard(1);
  memory_of_1->set_epoch(7);
  memory_of_1->set_token(70);
  memory_of_1->set_serial(12);
  SECTION("beside the runs that it holds") {}
  SECTION("in the runs that it holds, as a worker of an earlier version") {
    message.clear_remembered();
    auto* run = message.add_running();
    run->set_task(task_id::of(shard_id{1}, 12).value);
    run->set_token(70);
  }
  const auto epoch = message.remembered().empty() ? 0U : 7U;

  send_sealed(ann, attach_atom::value, message);

  REQUIRE(attachments(0).size() == 1);
  CHECK(attachments(0)[0].remembered.latest_epoch() == 0);
  REQUIRE(attachments(1).size() == 1);
  CHECK(attachments(1)[0].remembered.epoch == epoch);
  CHECK(attachments(1)[0].remembered.token == fencing_token{70});
  CHECK(attachments(1)[0].remembered.serial == 12);
}

TEST_CASE_METHOD(dispatcher_fixture, "an invalid Attach is refused", "[dispatcher]") {
  serve();
  auto message = attach_of(9, 4);
  SECTION("session 0") {
    message.set_session(0);
  }
  SECTION("no kinds") {
    message.clear_kinds();
  }
  SECTION("no slots") {
    message.set_slots(0);
  }
  SECTION("too many slots") {
    message.set_slots(4'000'000'000);
  }
  SECTION("too much credit") {
    message.set_credit(4'000'000'000);
  }

  send_sealed(ann, attach_atom::value, message);

  REQUIRE(attach_answers(ann).size() == 1);
  CHECK(attach_answers(ann)[0].failure().code() ==
        static_cast<std::uint32_t>(errc::invalid_argument));
  CHECK_FALSE(attach_answers(ann)[0].failure().what().empty());
  CHECK(attachments(0).empty());
  CHECK(status().workers_size() == 0);
}

TEST_CASE_METHOD(dispatcher_fixture, "shards are told that a worker's connection is lost",
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

TEST_CASE_METHOD(dispatcher_fixture,
                 "a disconnected worker gets no tasks and stays known for a lease",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  run();
  update_lanes(0, {lane("mail", 5)}, false);

  CHECK(grants_requested(0).empty());
  REQUIRE(status().workers_size() == 1);
  CHECK_FALSE(status().workers(0).is_connected());
  CHECK(explain("mail", "send").reason() == "no_worker");

  advance(16s);
  CHECK(status().workers_size() == 0);
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "the session of a worker without heartbeats for a lease expires", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  attach(bob, 8, 3);
  for (int i = 0; i < 4; ++i) {
    advance(4s);
    heartbeat(bob, 8);
  }
  REQUIRE(status().workers_size() == 1);
  CHECK(status().workers(0).session() == 8);

  update_lanes(0, {lane("mail", 50)}, false);
  for (const auto& request : grants_requested(0))
    CHECK(request.session == session_id{8});

  heartbeat(ann, 9); // It was only slow.
  CHECK(welcomes(ann).size() == 1);
  attach(ann, 9, 3);
  CHECK(attachments(0).size() == 3);
  CHECK(grants_requested(0).back().session == session_id{9});
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "a worker whose session a shard does not know is asked to attach again",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);
  REQUIRE(grants_requested(0).size() == 1);
  granted(0, grants_requested(0)[0], 0, true);

  CHECK(welcomes(ann).size() == 1);
  update_lanes(0, {lane("mail", 5)}, false);
  CHECK(grants_requested(0).size() == 1); // Nothing more before it has attached.
  attach(ann, 9, 3);
  CHECK(attachments(0).size() == 2);
  CHECK(attachments(1).size() == 1);
  REQUIRE(grants_requested(0).size() == 2);
  CHECK(grants_requested(0)[1].count == 3);
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "a session that attaches on a new connection replaces the previous one",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  attach(bob, 9, 2);

  REQUIRE(attachments(0).size() == 2);
  CHECK(attachments(0)[1].worker == bob.actor());
  credit(ann, 9, 50);
  heartbeat(ann, 9);
  CHECK(welcomes(ann).size() == 0);
  CHECK(shards[0].all<worker_heartbeat>().empty());
  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  update_lanes(0, {lane("mail", 50)}, false);
  REQUIRE(grants_requested(0).size() == 1);
  CHECK(grants_requested(0)[0].count == 2);
}

TEST_CASE_METHOD(dispatcher_fixture,
                 "heartbeats reach all shards, each with the progress of its own runs",
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

  send_sealed(ann, heartbeat_atom::value, message);

  REQUIRE(shards[0].all<worker_heartbeat>().size() == 1);
  CHECK(shards[0].all<worker_heartbeat>()[0].get_as<worker_heartbeat>(0).progress.empty());
  REQUIRE(shards[1].all<worker_heartbeat>().size() == 1);
  const auto received_by_1 = shards[1].all<worker_heartbeat>()[0].get_as<worker_heartbeat>(0);
  CHECK(received_by_1.session == session_id{9});
  REQUIRE(received_by_1.progress.size() == 1);
  CHECK(received_by_1.progress[0].text == "half");
  CHECK(status().workers(0).running() == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "each shard learns which of its runs have begun",
                 "[dispatcher]") {
  serve();
  auto hello = attach_of(9, 3);
  hello.set_clock_ms(5'000);
  auto& held = *hello.add_running();
  held.set_task(task_id::of({1}, 7).value);
  held.set_token(70);
  held.set_began_ms(4'000);
  send_sealed(ann, attach_atom::value, hello);
  REQUIRE(attachments(1).size() == 1);
  CHECK(attachments(1)[0].tells_begin);
  REQUIRE(attachments(1)[0].begun.size() == 1);
  CHECK(attachments(1)[0].begun[0].ago == duration{1'000});
  CHECK(attachments(0).at(0).begun.empty());

  wire::Heartbeat beat;
  beat.set_session(9);
  beat.set_clock_ms(9'000);
  auto& begun = *beat.add_begun();
  begun.set_task(task_id::of({0}, 8).value);
  begun.set_token(80);
  begun.set_began_ms(8'800);
  send_sealed(ann, heartbeat_atom::value, beat);
  const auto heard = [this](std::uint16_t shard) {
    return shards[shard].all<worker_heartbeat>().back().get_as<worker_heartbeat>(0).begun;
  };
  CHECK(heard(1).empty());
  REQUIRE(heard(0).size() == 1);
  CHECK(heard(0)[0].token.value == 80);
  CHECK(heard(0)[0].ago == duration{200});
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker of an earlier version does not tell what begins",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  CHECK_FALSE(attachments(0).at(0).tells_begin);
}
