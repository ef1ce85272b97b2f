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
    for (const auto& actor : {client.actor(), keeper.actor(), owner.actor()})
      adopt(actor);
    caf::send_as(owner.actor(), subject, child_started{"cluster_keeper", 0, keeper.actor()});
    run();
  }
  ~cluster_router() {
    caf::send_as(owner.actor(), subject,
                 caf::exit_msg{owner.actor().address(), caf::exit_reason::kill});
    kill_owned();
  }

  /// Publishes the owners by shard, and where requests are routed.
  void publish(const std::vector<std::uint64_t>& owners, const std::vector<std::uint64_t>& routes,
               std::int64_t now_ms = 1) {
    auto view = view_of(members_of(2), owners);
    view.now = instant_of_ms(now_ms);
    cluster_updated update{
        .self = {1}, .view = std::make_shared<cluster_view>(std::move(view)), .routes = {}};
    for (const auto route : routes)
      update.routes.push_back({route});
    caf::send_as(keeper.actor(), subject, update);
    run();
  }
  void publish(const std::vector<std::uint64_t>& owners) { publish(owners, owners); }

  template <class Atom>
  void send(Atom type, const google::protobuf::MessageLite& message, std::uint32_t shard = 0) {
    caf::send_as(client.actor(), subject, type, envelope{wire::seal(message), shard});
    run();
  }
  void send_hello() {
    wire::Hello hello;
    hello.set_protocol_version(protocol_version);
    send(hello_atom::value, hello);
  }
  void request_task_of(std::uint32_t shard) {
    wire::Request request;
    request.set_correlation(5);
    request.mutable_get()->set_id(1);
    send(request_atom::value, request, shard);
  }

  /// The messages that the client received, of one type.
  template <class Message, class Atom>
  std::vector<Message> received(Atom) {
    std::vector<Message> all;
    for (const auto& sealed : client.all<Atom, envelope>())
      REQUIRE(wire::open(sealed.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  std::size_t refreshes() { return keeper.all<refresh_atom, envelope>().size(); }

  test::probe client{system};
  test::probe keeper{system};
  test::probe owner{system};
  caf::actor subject = spawn_router(
      system, {.name = "node1", .cluster = {}, .shards = 3, .time = time, .is_clustered = true});
};

} // namespace

TEST_CASE_METHOD(cluster_router, "a Welcome contains the owners of the shards", "[router]") {
  publish({1, 2, 0});
  send_hello();
  const auto welcome = received<wire::Welcome>(welcome_atom::value).at(0);
  CHECK(welcome.cluster().reported_by() == 1);
  REQUIRE(welcome.cluster().owners_size() == 3);
  CHECK(welcome.cluster().owners(1) == 2);
  CHECK(welcome.cluster().owners(2) == 0);
}

TEST_CASE_METHOD(cluster_router, "every client that got a Welcome is told of every move, once",
                 "[router]") {
  send_hello(); // The node has not joined yet.
  publish({1, 1, 1});
  publish({1, 1, 1});
  publish({1, 2, 1});
  const auto maps = received<wire::Cluster>(cluster_atom::value);
  REQUIRE(maps.size() == 2);
  CHECK(maps[1].owners(1) == 2);

  caf::anon_send_exit(client.actor(), caf::exit_reason::kill);
  run();
  publish({2, 2, 2}); // No subscriber is left.
}

TEST_CASE_METHOD(cluster_router,
                 "a request to the wrong node is answered with the owner of the shard",
                 "[router]") {
  publish({1, 2, 0});
  request_task_of(1);
  const auto refused = received<wire::Response>(response_atom::value).at(0);
  CHECK(refused.failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(refused.failure().what() == "shard 1 is on node 'node2' at 10.0.0.2:4100");
  CHECK(refused.failure().retry_after_ms() > 0);
  CHECK(received<wire::Cluster>(cluster_atom::value).size() == 1);
  CHECK(refreshes() == 0);

  request_task_of(2);
  CHECK(received<wire::Response>(response_atom::value).at(1).failure().what() ==
        "shard 2 has no owner");
}

TEST_CASE_METHOD(cluster_router,
                 "a request for a shard that is not claimed yet causes a refresh, for one that "
                 "recovers it does not",
                 "[router]") {
  publish({2, 1, 1}, {1, 1, 1});
  request_task_of(0);
  CHECK(refreshes() == 1);
  request_task_of(1);
  CHECK(refreshes() == 1);
  for (const auto& refused : received<wire::Response>(response_atom::value))
    CHECK(refused.failure().what().find("is starting") != std::string::npos);
}

TEST_CASE_METHOD(cluster_router, "another node's hint reaches the cluster keeper", "[router]") {
  caf::send_as(client.actor(), subject, refresh_atom::value, envelope{});
  run();
  CHECK(refreshes() == 1);
}

TEST_CASE_METHOD(cluster_router, "a drain request goes to the cluster keeper, with its client",
                 "[router]") {
  wire::Request request;
  request.set_correlation(9);
  request.mutable_drain()->set_node("node2");
  send(request_atom::value, request);
  const auto requests = keeper.all<drain_node>();
  REQUIRE(requests.size() == 1);
  const auto& request_sent = requests[0].get_as<drain_node>(0);
  CHECK(request_sent.client == client.actor());
  CHECK(request_sent.correlation == 9);
  CHECK(request_sent.node == "node2");
}

TEST_CASE_METHOD(cluster_router, "a cluster request returns all nodes and shards", "[router]") {
  publish({1, 2, 2});
  wire::Request request;
  request.mutable_cluster();
  send(request_atom::value, request);
  const auto answer = received<wire::Response>(response_atom::value).at(0);
  REQUIRE(answer.cluster().nodes_size() == 2);
  CHECK(answer.cluster().nodes(1).shards() == 2);
  CHECK(answer.cluster().epochs_size() == 3);
}

TEST_CASE_METHOD(test::actor_fixture, "a node with its own disk is a cluster of one", "[router]") {
  test::probe client{system};
  adopt(client.actor());
  const auto alone =
      spawn_router(system, {.name = "tower", .cluster = {}, .shards = 2, .time = time});
  const auto ask = [&](const wire::Request& request) {
    client.received().clear();
    caf::send_as(client.actor(), alone, request_atom::value, envelope{wire::seal(request), 0});
    run();
    wire::Response answer;
    REQUIRE(wire::open(client.received().at(0).get_as<envelope>(1).bytes, answer));
    return answer;
  };
  wire::Request cluster_request;
  cluster_request.mutable_cluster();
  const auto all = ask(cluster_request).cluster();
  REQUIRE(all.nodes_size() == 1);
  CHECK(all.nodes(0).name() == "tower");
  CHECK(all.nodes(0).shards() == 2);
  wire::Request drain;
  drain.mutable_drain()->set_node("tower");
  CHECK(ask(drain).failure().code() == static_cast<std::uint32_t>(errc::wrong_state));
}

TEST_CASE_METHOD(cluster_router, "a node publishes the queues that its outbox accepts",
                 "[router]") {
  test::probe outbox{system};
  adopt(outbox.actor());
  wire::Submit tasks;
  tasks.set_client(7);
  publish({1, 2, 2});
  send_hello();
  send(defer_atom::value, tasks, 1);
  caf::send_as(owner.actor(), subject, child_started{"outbox", 0, outbox.actor()});
  caf::anon_send(subject, outbox_updated{.queues = {"mail"}, .tasks = 3});
  caf::anon_send(subject, outbox_updated{.queues = {"mail"}, .tasks = 2}); // Not published.
  run();
  const auto maps = received<wire::Cluster>(cluster_atom::value);
  REQUIRE(maps.size() == 1);
  REQUIRE(maps[0].outbox_queues_size() == 1);
  CHECK(maps[0].outbox_queues(0) == "mail");
  CHECK(maps[0].owners_size() == 3);
  publish({1, 1, 2});
  CHECK(received<wire::Cluster>(cluster_atom::value).at(1).outbox_queues_size() == 1);

  send(defer_atom::value, tasks, 1);
  CHECK(outbox.all<defer_atom, envelope>().size() == 1); // The first came before the outbox.
  caf::anon_send_exit(outbox.actor(), caf::exit_reason::kill);
  run();
  send(defer_atom::value, tasks, 1);
  CHECK(outbox.all<defer_atom, envelope>().size() == 1);
}

TEST_CASE_METHOD(cluster_router, "its owner can end a router that has handled nothing yet",
                 "[router]") {
  const auto fresh = adopt(spawn_router(
      system, {.name = "node1", .cluster = {}, .shards = 3, .time = time, .is_clustered = true}));
  bool has_ended = false;
  fresh->attach_functor([&](const caf::error&) { has_ended = true; });
  caf::send_as(owner.actor(), fresh, child_started{"cluster_keeper", 0, keeper.actor()});
  caf::send_as(owner.actor(), fresh,
               caf::exit_msg{owner.actor().address(), caf::exit_reason::user_shutdown});
  run();
  CHECK(has_ended);
}
