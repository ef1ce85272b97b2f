#include "node/router.hpp"

#include "belfry/actors/protocol.hpp"
#include "belfry/failure.hpp"

#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"
#include "support/members.hpp"

#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

/// A router of node 1 in a cluster of two nodes and three shards.
struct cluster_router : test::actor_fixture {
  cluster_router() {
    for (const auto& one : {client.actor(), keeper.actor(), owner.actor()})
      own(one);
    caf::send_as(owner.actor(), subject, child_started{"cluster_keeper", 0, keeper.actor()});
    run();
  }
  ~cluster_router() {
    caf::send_as(owner.actor(), subject,
                 caf::exit_msg{owner.actor().address(), caf::exit_reason::kill});
    kill_owned();
  }

  /// The owners by shard, as they are and as they are about to be.
  void see(const std::vector<std::uint64_t>& owners, const std::vector<std::uint64_t>& routes,
           std::int64_t now_ms = 1) {
    auto view = view_of(members_of(2), owners);
    view.now = instant_of_ms(now_ms);
    cluster_updated news{{1}, std::make_shared<cluster_view>(std::move(view)), {}};
    for (const auto route : routes)
      news.routes.push_back({route});
    caf::send_as(keeper.actor(), subject, news);
    run();
  }
  void see(const std::vector<std::uint64_t>& owners) { see(owners, owners); }

  template <class Atom>
  void send(Atom what, const google::protobuf::MessageLite& message, std::uint32_t to = 0) {
    caf::send_as(client.actor(), subject, what, envelope{wire::seal(message), to});
    run();
  }
  void greet() {
    wire::Hello word;
    word.set_protocol_version(protocol_version);
    send(hello_atom::value, word);
  }
  void ask_for(std::uint32_t shard) {
    wire::Request request;
    request.set_correlation(5);
    request.mutable_get()->set_id(1);
    send(request_atom::value, request, shard);
  }

  /// All that the client has heard of one kind.
  template <class Message, class Atom>
  std::vector<Message> heard(Atom) {
    std::vector<Message> all;
    for (const auto& one : client.all<Atom, envelope>())
      REQUIRE(wire::open(one.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  std::size_t looks() { return keeper.all<refresh_atom, envelope>().size(); }

  test::probe client{system};
  test::probe keeper{system};
  test::probe owner{system};
  caf::actor subject = spawn_router(
      system, {.name = "node1", .cluster = {}, .shards = 3, .time = time, .is_clustered = true});
};

} // namespace

TEST_CASE_METHOD(cluster_router, "a welcome says where the shards are", "[router]") {
  see({1, 2, 0});
  greet();
  const auto word = heard<wire::Welcome>(welcome_atom::value).at(0);
  CHECK(word.cluster().reported_by() == 1);
  REQUIRE(word.cluster().owners_size() == 3);
  CHECK(word.cluster().owners(1) == 2);
  CHECK(word.cluster().owners(2) == 0);
}

TEST_CASE_METHOD(cluster_router, "whoever was welcomed hears of every move, and once", "[router]") {
  greet(); // The node has not joined yet.
  see({1, 1, 1});
  see({1, 1, 1});
  see({1, 2, 1});
  const auto words = heard<wire::Cluster>(cluster_atom::value);
  REQUIRE(words.size() == 2);
  CHECK(words[1].owners(1) == 2);

  caf::anon_send_exit(client.actor(), caf::exit_reason::kill);
  run();
  see({2, 2, 2}); // Nobody is left to tell.
}

TEST_CASE_METHOD(cluster_router, "who asks the wrong node hears which one to ask", "[router]") {
  see({1, 2, 0});
  ask_for(1);
  const auto refused = heard<wire::Response>(response_atom::value).at(0);
  CHECK(refused.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(refused.failure().what() == "shard 1 is with node 'node2' at 10.0.0.2:4100");
  CHECK(refused.failure().retry_after_ms() > 0);
  CHECK(heard<wire::Cluster>(cluster_atom::value).size() == 1);
  CHECK(looks() == 0);

  ask_for(2);
  CHECK(heard<wire::Response>(response_atom::value).at(1).failure().what() ==
        "shard 2 has no node");
}

TEST_CASE_METHOD(cluster_router,
                 "a shard that is about to come is looked for, one that recovers is not",
                 "[router]") {
  see({2, 1, 1}, {1, 1, 1});
  ask_for(0);
  CHECK(looks() == 1);
  ask_for(1);
  CHECK(looks() == 1);
  for (const auto& one : heard<wire::Response>(response_atom::value))
    CHECK(one.failure().what().find("is starting") != std::string::npos);
}

TEST_CASE_METHOD(cluster_router, "another node's hint reaches the cluster keeper", "[router]") {
  caf::send_as(client.actor(), subject, refresh_atom::value, envelope{});
  run();
  CHECK(looks() == 1);
}

TEST_CASE_METHOD(cluster_router, "an order to drain goes to the cluster keeper, with who gave it",
                 "[router]") {
  wire::Request request;
  request.set_correlation(9);
  request.mutable_drain()->set_node("node2");
  send(request_atom::value, request);
  const auto orders = keeper.all<drain_node>();
  REQUIRE(orders.size() == 1);
  const auto& order = orders[0].get_as<drain_node>(0);
  CHECK(order.client == client.actor());
  CHECK(order.correlation == 9);
  CHECK(order.node == "node2");
}

TEST_CASE_METHOD(cluster_router, "people see all nodes and shards", "[router]") {
  see({1, 2, 2});
  wire::Request request;
  request.mutable_cluster();
  send(request_atom::value, request);
  const auto answer = heard<wire::Response>(response_atom::value).at(0);
  REQUIRE(answer.cluster().nodes_size() == 2);
  CHECK(answer.cluster().nodes(1).shards() == 2);
  CHECK(answer.cluster().epochs_size() == 3);
}

TEST_CASE_METHOD(test::actor_fixture, "a node with a disk of its own is alone", "[router]") {
  test::probe client{system};
  own(client.actor());
  const auto alone =
      spawn_router(system, {.name = "tower", .cluster = {}, .shards = 2, .time = time});
  const auto ask = [&](const wire::Request& request) {
    client.heard().clear();
    caf::send_as(client.actor(), alone, request_atom::value, envelope{wire::seal(request), 0});
    run();
    wire::Response answer;
    REQUIRE(wire::open(client.heard().at(0).get_as<envelope>(1).bytes, answer));
    return answer;
  };
  wire::Request look;
  look.mutable_cluster();
  const auto all = ask(look).cluster();
  REQUIRE(all.nodes_size() == 1);
  CHECK(all.nodes(0).name() == "tower");
  CHECK(all.nodes(0).shards() == 2);
  wire::Request drain;
  drain.mutable_drain()->set_node("tower");
  CHECK(ask(drain).failure().code() == static_cast<std::uint32_t>(errc::wrong_state));
}

TEST_CASE_METHOD(cluster_router, "a node tells whose tasks its outbox takes", "[router]") {
  test::probe box{system};
  own(box.actor());
  wire::Submit word;
  word.set_client(7);
  see({1, 2, 2});
  greet();
  send(defer_atom::value, word, 1);
  caf::send_as(owner.actor(), subject, child_started{"outbox", 0, box.actor()});
  caf::anon_send(subject, outbox_updated{{"mail"}, 3});
  caf::anon_send(subject, outbox_updated{{"mail"}, 2}); // Nobody needs to hear of that.
  run();
  const auto words = heard<wire::Cluster>(cluster_atom::value);
  REQUIRE(words.size() == 1);
  REQUIRE(words[0].outbox_queues_size() == 1);
  CHECK(words[0].outbox_queues(0) == "mail");
  CHECK(words[0].owners_size() == 3);
  see({1, 1, 2});
  CHECK(heard<wire::Cluster>(cluster_atom::value).at(1).outbox_queues_size() == 1);

  send(defer_atom::value, word, 1);
  CHECK(box.all<defer_atom, envelope>().size() == 1); // The first came before it was there.
  caf::anon_send_exit(box.actor(), caf::exit_reason::kill);
  run();
  send(defer_atom::value, word, 1);
  CHECK(box.all<defer_atom, envelope>().size() == 1);
}
