#include "dispatcher/dispatcher.hpp"

#include "belfry/failure.hpp"
#include "dispatcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using belfry::test::dispatcher_fixture;

TEST_CASE_METHOD(dispatcher_fixture, "ready tasks are requested up to the credit", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);

  REQUIRE(grants_requested(0).size() == 1);
  CHECK(grants_requested(0)[0].session == session_id{9});
  CHECK(grants_requested(0)[0].queue == "mail");
  CHECK(grants_requested(0)[0].kind == "send");
  CHECK(grants_requested(0)[0].count == 3);
  credit(ann, 9, 1);
  REQUIRE(grants_requested(0).size() == 2);
  CHECK(grants_requested(0)[1].count == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a batch of messages is matched at once", "[dispatcher]") {
  serve();
  attach(ann, 9, 0);
  update_lanes(0, {lane("mail", 50)}, false);
  wire::Credit message;
  message.set_session(9);
  message.set_count(1);
  for (int i = 0; i < 20; ++i)
    send(ann, credit_atom::value, envelope{wire::seal(message), 0});
  run();

  REQUIRE(grants_requested(0).size() == 1);
  CHECK(grants_requested(0)[0].count == 20);
}

TEST_CASE_METHOD(dispatcher_fixture, "credit that a shard does not use goes to another shard",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  update_lanes(0, {lane("mail", 5)}, false);
  update_lanes(1, {lane("mail", 5)}, false);
  CHECK(grants_requested(1).empty());

  granted(0, grants_requested(0)[0], 1);

  REQUIRE(grants_requested(1).size() == 1);
  CHECK(grants_requested(1)[0].count == 2);
  CHECK(grants_requested(0).size() == 1);
}

TEST_CASE_METHOD(dispatcher_fixture, "a restarted dispatcher learns of shards and workers again",
                 "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  caf::anon_send_exit(dispatch, caf::exit_reason::kill);
  run();

  start();
  announce_shard(0);
  announce_shard(1);
  update_lanes(0, {lane("mail", 5)}, true);
  update_lanes(1, {}, true);
  credit(ann, 9, 1);
  CHECK(grants_requested(0).empty());
  heartbeat(ann, 9);
  CHECK(welcomes(ann).size() == 1);
  attach(ann, 9, 2);

  CHECK(attachments(0).size() == 2);
  CHECK(attachments(1).size() == 2);
  REQUIRE(grants_requested(0).size() == 1);
  CHECK(grants_requested(0)[0].count == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "garbage changes nothing", "[dispatcher]") {
  serve();
  attach(ann, 9, 3);
  const std::vector<char> bytes{'g', 'a', 'r', 'b', 'a', 'g', 'e'};
  send(ann, attach_atom::value, envelope{bytes, 0});
  send(ann, heartbeat_atom::value, envelope{bytes, 0});
  send(ann, credit_atom::value, envelope{{}, 0});
  send(ann, std::string{"unknown"});
  caf::anon_send(dispatch, attach_atom::value, envelope{wire::seal(attach_of(3, 3)), 0});
  caf::anon_send(dispatch, child_started{"shard", 99, ann.actor()});
  caf::anon_send(dispatch, child_started{"shard", 0, {}});
  caf::anon_send(dispatch, child_started{"router", 0, ann.actor()});
  caf::anon_send(
      dispatch,
      lane_update{.shard = shard_id{99}, .sender = ann.actor(), .is_complete = true, .lanes = {}});
  caf::anon_send(dispatch, complete_answer{});
  heartbeat(ann, 0);
  run();

  CHECK(attach_answers(ann).size() == 1);
  CHECK(welcomes(ann).size() == 0);
  CHECK(status().workers_size() == 1);
  CHECK(status().shards_serving() == 2);
}

TEST_CASE_METHOD(dispatcher_fixture, "a task goes to a worker that has a free slot for it",
                 "[dispatcher]") {
  serve();
  auto busy = attach_of(1, 40);
  busy.set_slot_credit(0);
  send_sealed(ann, attach_atom::value, busy);
  auto idle = attach_of(2, 1);
  idle.set_slot_credit(1);
  send_sealed(bob, attach_atom::value, idle);

  update_lanes(0, {lane("mail", 1)}, false);

  REQUIRE(grants_requested(0).size() == 1);
  CHECK(grants_requested(0)[0].session == session_id{2});
  granted(0, grants_requested(0)[0], 1);

  wire::Credit more;
  for (const std::uint64_t session : {1, 2}) { // Only the first has a free slot now.
    more.set_session(session);
    more.set_count(1);
    more.set_slot_credit(session == 1 ? 1 : 0);
    send_sealed(session == 1 ? ann : bob, credit_atom::value, more);
  }
  update_lanes(0, {lane("mail", 1)}, false);
  REQUIRE(grants_requested(0).size() == 2);
  CHECK(grants_requested(0)[1].session == session_id{1});
}
