#include "cluster_keeper_fixture.hpp"

#include "base/actor_basics.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using test::cluster_fixture;
using test::probe;
using test::shard_list;

TEST_CASE_METHOD(cluster_fixture, "the first node has all shards at once", "[cluster]") {
  start();
  CHECK(desired() == shard_list{0, 1, 2, 3});
  CHECK(owned_by(1) == 4);
  CHECK(published().self == member_id{1});
  CHECK(published().routes == std::vector<member_id>(4, member_id{1}));
}

TEST_CASE_METHOD(cluster_fixture, "other settings than those of a live member end the node",
                 "[cluster]") {
  auto other = member_called("b", 2);
  other.settings = "lease=3s";
  REQUIRE(others->join(other).ok());
  start();
  advance_with(2, 2s);
  REQUIRE(end);
  CHECK(is_permanent_failure(*end));
  CHECK(
      failure_of(*end, system).what.find("node 'b' at b:4100 has lease=3s, this node lease=10s") !=
      std::string::npos);
}

TEST_CASE_METHOD(cluster_fixture, "the settings of a dead member do not prevent a join",
                 "[cluster]") {
  auto other = member_called("b", 2);
  other.settings = "lease=3s";
  REQUIRE(others->join(other).ok());
  start();
  advance(5s);
  CHECK_FALSE(end);
  CHECK(desired() == shard_list{0, 1, 2, 3});
}

TEST_CASE_METHOD(cluster_fixture, "a node is drained by name, and an unknown name is not found",
                 "[cluster]") {
  start();
  REQUIRE(others->join(member_called("b", 2)).ok());
  probe client{system};
  adopt(client.actor());
  const auto ask = [&](const std::string& node) {
    client.received().clear();
    caf::send_as(
        router.actor(), subject,
        drain_node{.client = client.actor(), .correlation = 7, .node = node, .is_undrain = false});
    run();
    wire::Response answer;
    REQUIRE(client.all<response_atom, envelope>().size() == 1);
    REQUIRE(wire::open(client.all<response_atom, envelope>()[0].get_as<envelope>(1).bytes, answer));
    CHECK(answer.correlation() == 7);
    return answer;
  };
  CHECK(ask("a").has_done());
  CHECK(ask("z").failure().code() == static_cast<std::uint32_t>(errc::not_found));
  advance_with(2, 250ms);
  CHECK(desired().size() == 3); // One at a time.
}
