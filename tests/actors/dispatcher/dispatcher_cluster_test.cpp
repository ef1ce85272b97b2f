#include "dispatcher_fixture.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using belfry::test::dispatcher_fixture;
using belfry::test::probe;

namespace {

/// A dispatcher of node 1 of a cluster.
struct cluster_dispatcher : dispatcher_fixture {
  cluster_dispatcher() {
    auto view = view_of(members_of(2), {1, 1});
    caf::anon_send(dispatch,
                   cluster_updated{.self = {1},
                                   .view = std::make_shared<cluster_view>(std::move(view)),
                                   .routes = {{1}, {1}}});
    run();
  }

  void serve_in(std::uint16_t index, std::uint64_t epoch) {
    send(shards[index], lane_update{.shard = shard_id{index},
                                    .sender = shards[index].actor(),
                                    .is_complete = true,
                                    .lanes = {},
                                    .epoch = epoch});
    run();
  }

  std::vector<bool> demands() {
    std::vector<bool> all;
    for (const auto& demand : decoded<wire::Demand, demand_atom>(ann))
      all.push_back(demand.has_demand());
    return all;
  }

  void attach_shared(std::uint64_t attach_generation, std::uint32_t credit) {
    attach_shared(ann, attach_generation, credit);
  }
  void attach_shared(const probe& from, std::uint64_t attach_generation, std::uint32_t credit) {
    auto attach = attach_of(7, credit);
    attach.set_is_first(false);
    attach.set_is_multi_node(true);
    attach.set_attach_generation(attach_generation);
    send_sealed(from, attach_atom::value, attach);
  }
  /// Attaches, and again after the Welcome that follows.
  void join(std::uint32_t credit) {
    attach(ann, 7, credit);
    attach_shared(welcomes(ann).back().attach_generation(), credit);
  }
};

} // namespace

TEST_CASE_METHOD(cluster_dispatcher,
                 "in a cluster an Attach counts once the worker knows the epochs of the shards",
                 "[dispatcher]") {
  serve_in(0, 5);
  serve_in(1, 9);
  attach(ann, 7, 4);
  CHECK(attachments(0).empty()); // A grant by another node may still be in flight.

  const auto welcome = welcomes(ann).back();
  REQUIRE(welcome.shard_epochs_size() == 2);
  CHECK(welcome.shard_epochs(0).epoch() == 5);
  CHECK(welcome.shard_epochs(1).shard() == 1);
  CHECK(welcome.shard_epochs(1).epoch() == 9);
  CHECK(welcome.cluster().reported_by() == 1);

  attach_shared(welcome.attach_generation(), 4);
  CHECK(attachments(0).size() == 1);
  CHECK(attachments(1).size() == 1);
}

TEST_CASE_METHOD(cluster_dispatcher,
                 "an Attach that arrives after its connection was lost is stale", "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  const auto attach_generation = welcomes(ann).back().attach_generation();
  REQUIRE(attachments(0).size() == 1);

  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  run();
  attach_shared(attach_generation, 4);

  CHECK(attachments(0).size() == 1);
}

TEST_CASE_METHOD(cluster_dispatcher,
                 "an Attach that arrives after those of the next connection is stale",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  const auto attach_generation = welcomes(ann).back().attach_generation();
  attach(bob, 7, 4);
  attach_shared(attach_generation, 4);
  CHECK(attachments(0).size() == 1);

  attach_shared(bob, welcomes(bob).back().attach_generation(), 4);
  REQUIRE(attachments(0).size() == 2);
  CHECK(attachments(0)[1].worker == bob.actor());
}

TEST_CASE_METHOD(cluster_dispatcher, "an Attach of a known worker renews its lease at the shards",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  REQUIRE(shards[0].all<worker_heartbeat>().empty());

  attach_shared(welcomes(ann).back().attach_generation(), 4);

  CHECK(attachments(0).size() == 1);
  REQUIRE(shards[0].all<worker_heartbeat>().size() == 1);
  CHECK(shards[0].all<worker_heartbeat>()[0].get_as<worker_heartbeat>(0).session.value == 7);
  CHECK(shards[1].all<worker_heartbeat>().empty());
}

TEST_CASE_METHOD(cluster_dispatcher,
                 "a heartbeat is acknowledged when all serving shards receive it", "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  const auto send_heartbeat = [this](std::uint64_t number) {
    wire::Heartbeat message;
    message.set_session(7);
    message.set_number(number);
    send_sealed(ann, heartbeat_atom::value, message);
    return decoded<wire::HeartbeatAck, heartbeat_ack_atom>(ann);
  };
  REQUIRE(send_heartbeat(31).size() == 1);
  CHECK(send_heartbeat(31)[0].number() == 31);
  const auto before = send_heartbeat(0); // An older worker does not expect it.
  CHECK(before.size() == 2);

  serve_in(1, 9);
  CHECK(send_heartbeat(32).size() == 2);

  attach_shared(welcomes(ann).back().attach_generation(), 4);
  REQUIRE(send_heartbeat(33).size() == 3);
  CHECK(send_heartbeat(34)[2].number() == 33);
}

TEST_CASE_METHOD(cluster_dispatcher, "an Attached bears the number of its Attach", "[dispatcher]") {
  for (const std::uint64_t number : {17U, 18U}) {
    auto attach = attach_of(7, 4);
    attach.set_number(number);
    send_sealed(ann, attach_atom::value, attach);
    CHECK(attach_answers(ann).back().number() == number);
  }
}

TEST_CASE_METHOD(cluster_dispatcher, "recalled credit is returned as far as it is unreserved",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  wire::Credit recall;
  recall.set_session(7);
  recall.set_recall(3);
  send_sealed(ann, credit_atom::value, recall);
  send_sealed(ann, credit_atom::value, recall);

  const auto returned = decoded<wire::CreditReturned, credit_returned_atom>(ann);
  REQUIRE(returned.size() == 2);
  CHECK(returned[0].count() == 3);
  CHECK(returned[1].count() == 1);
}

TEST_CASE_METHOD(cluster_dispatcher,
                 "grants of a shard that left the node before it sent them become credit again",
                 "[dispatcher]") {
  serve_in(0, 5);
  serve_in(1, 9);
  join(2);
  update_lanes(0, {lane("mail", 2)}, false);
  granted(0, grants_requested(0).at(0), 2); // Not durable yet, and never sent.
  const auto before = welcomes(ann).size();

  caf::anon_send_exit(shards[0].actor(), caf::exit_reason::user_shutdown);
  run();

  REQUIRE(welcomes(ann).size() == before + 1);
  attach_shared(welcomes(ann).back().attach_generation(), 2);
  update_lanes(1, {lane("mail", 2)}, false);
  REQUIRE(grants_requested(1).size() == 1);
  CHECK(grants_requested(1)[0].count == 2);
}

TEST_CASE_METHOD(cluster_dispatcher,
                 "a worker of several nodes is told when the node has demand, and when no more",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(1);
  CHECK(demands().empty());
  update_lanes(0, {lane("mail", 5)}, false);
  CHECK(demands() == std::vector<bool>{true});
  granted(0, grants_requested(0).at(0), 1);
  update_lanes(0, {lane("mail", 4)}, false);
  CHECK(demands() == std::vector<bool>{true}); // Not announced again.
  credit(ann, 7, 9);
  CHECK(demands() == std::vector<bool>{true, false});
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker of one node is told of no demand", "[dispatcher]") {
  serve();
  attach(ann, 7, 1);
  update_lanes(0, {lane("mail", 5)}, false);
  CHECK(ann.all<demand_atom, envelope>().empty());
}
