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
    caf::anon_send(dispatch, cluster_updated{
                                 {1}, std::make_shared<cluster_view>(std::move(view)), {{1}, {1}}});
    run();
  }

  void serve_in(std::uint16_t index, std::uint64_t epoch) {
    say(shards[index], lane_update{shard_id{index}, shards[index].actor(), true, {}, epoch});
    run();
  }

  std::vector<bool> hungers() {
    std::vector<bool> all;
    for (const auto& one : heard<wire::Demand, demand_atom>(ann))
      all.push_back(one.has_demand());
    return all;
  }

  void attach_shared(std::uint64_t attach_generation, std::uint32_t credit) {
    attach_shared(ann, attach_generation, credit);
  }
  void attach_shared(const probe& from, std::uint64_t attach_generation, std::uint32_t credit) {
    auto attach = offer(7, credit);
    attach.set_is_first(false);
    attach.set_is_multi_node(true);
    attach.set_attach_generation(attach_generation);
    say_sealed(from, attach_atom::value, attach);
  }
  /// Attaches and answers the invitation that follows.
  void join(std::uint32_t credit) {
    attach(ann, 7, credit);
    attach_shared(invitations(ann).back().attach_generation(), credit);
  }
};

} // namespace

TEST_CASE_METHOD(cluster_dispatcher, "in a cluster a worker hears the terms before its word counts",
                 "[dispatcher]") {
  serve_in(0, 5);
  serve_in(1, 9);
  attach(ann, 7, 4);
  CHECK(attachments(0).empty()); // A grant of another node may be on its way to it.

  const auto welcome = invitations(ann).back();
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
                 "a word that comes after its connection broke tells of no runs", "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  const auto attach_generation = invitations(ann).back().attach_generation();
  REQUIRE(attachments(0).size() == 1);

  caf::anon_send_exit(ann.actor(), caf::exit_reason::kill);
  run();
  attach_shared(attach_generation, 4);

  CHECK(attachments(0).size() == 1);
}

TEST_CASE_METHOD(cluster_dispatcher, "a word that comes after those of the next connection is void",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  const auto attach_generation = invitations(ann).back().attach_generation();
  attach(bob, 7, 4);
  attach_shared(attach_generation, 4);
  CHECK(attachments(0).size() == 1);

  attach_shared(bob, invitations(bob).back().attach_generation(), 4);
  REQUIRE(attachments(0).size() == 2);
  CHECK(attachments(0)[1].worker == bob.actor());
}

TEST_CASE_METHOD(cluster_dispatcher, "whoever attaches again is heard by shards that know it",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  REQUIRE(shards[0].all<worker_heartbeat>().empty());

  attach_shared(invitations(ann).back().attach_generation(), 4);

  CHECK(attachments(0).size() == 1);
  REQUIRE(shards[0].all<worker_heartbeat>().size() == 1);
  CHECK(shards[0].all<worker_heartbeat>()[0].get_as<worker_heartbeat>(0).session.value == 7);
  CHECK(shards[1].all<worker_heartbeat>().empty());
}

TEST_CASE_METHOD(cluster_dispatcher, "a beat is answered when all shards that serve hear it",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  const auto make_heartbeat = [this](std::uint64_t number) {
    wire::Heartbeat message;
    message.set_session(7);
    message.set_number(number);
    say_sealed(ann, heartbeat_atom::value, message);
    return heard<wire::HeartbeatAck, heartbeat_ack_atom>(ann);
  };
  REQUIRE(make_heartbeat(31).size() == 1);
  CHECK(make_heartbeat(31)[0].number() == 31);
  const auto before = make_heartbeat(0); // An older worker does not expect it.
  CHECK(before.size() == 2);

  serve_in(1, 9);
  CHECK(make_heartbeat(32).size() == 2);

  attach_shared(invitations(ann).back().attach_generation(), 4);
  REQUIRE(make_heartbeat(33).size() == 3);
  CHECK(make_heartbeat(34)[2].number() == 33);
}

TEST_CASE_METHOD(cluster_dispatcher, "an answer says which question it answers", "[dispatcher]") {
  for (const std::uint64_t number : {17U, 18U}) {
    auto question = offer(7, 4);
    question.set_number(number);
    say_sealed(ann, attach_atom::value, question);
    CHECK(answers(ann).back().number() == number);
  }
}

TEST_CASE_METHOD(cluster_dispatcher, "credit is given back as far as it is left", "[dispatcher]") {
  serve_in(0, 5);
  join(4);
  wire::Credit recall;
  recall.set_session(7);
  recall.set_recall(3);
  say_sealed(ann, credit_atom::value, recall);
  say_sealed(ann, credit_atom::value, recall);

  const auto returned = heard<wire::CreditReturned, credit_returned_atom>(ann);
  REQUIRE(returned.size() == 2);
  CHECK(returned[0].count() == 3);
  CHECK(returned[1].count() == 1);
}

TEST_CASE_METHOD(cluster_dispatcher, "what a shard granted before it left the node is credit again",
                 "[dispatcher]") {
  serve_in(0, 5);
  serve_in(1, 9);
  join(2);
  tell(0, {lane("mail", 2)}, false);
  granted(0, takes(0).at(0), 2); // Not written yet, and never will be.
  const auto before = welcomes(ann);

  caf::anon_send_exit(shards[0].actor(), caf::exit_reason::user_shutdown);
  run();

  REQUIRE(welcomes(ann) == before + 1);
  attach_shared(invitations(ann).back().attach_generation(), 2);
  tell(1, {lane("mail", 2)}, false);
  REQUIRE(takes(1).size() == 1);
  CHECK(takes(1)[0].count == 2);
}

TEST_CASE_METHOD(cluster_dispatcher, "a worker of several nodes hears of hunger, and of its end",
                 "[dispatcher]") {
  serve_in(0, 5);
  join(1);
  CHECK(hungers().empty());
  tell(0, {lane("mail", 5)}, false);
  CHECK(hungers() == std::vector<bool>{true});
  granted(0, takes(0).at(0), 1);
  tell(0, {lane("mail", 4)}, false);
  CHECK(hungers() == std::vector<bool>{true}); // As it was told.
  credit(ann, 7, 9);
  CHECK(hungers() == std::vector<bool>{true, false});
}

TEST_CASE_METHOD(dispatcher_fixture, "a worker of one node hears nothing of hunger",
                 "[dispatcher]") {
  serve();
  attach(ann, 7, 1);
  tell(0, {lane("mail", 5)}, false);
  CHECK(ann.all<demand_atom, envelope>().empty());
}
