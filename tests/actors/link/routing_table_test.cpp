#include "link/routing_table.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>

using namespace belfry;

namespace {

constexpr std::uint32_t shard_count = 4;

/// A report by member `reported_by` of a cluster of members 1 and 2; `owners` by shard.
wire::Cluster report(std::int64_t version, std::uint64_t reported_by,
                     std::initializer_list<std::uint32_t> owners,
                     std::initializer_list<std::uint64_t> epochs = {}) {
  wire::Cluster cluster;
  cluster.set_version(version);
  cluster.set_reported_by(reported_by);
  for (std::uint64_t member = 1; member <= 2; ++member) {
    auto& node = *cluster.add_nodes();
    node.set_member(member);
    node.set_host(member == 1 ? "a" : "b");
    node.set_port(4100);
  }
  for (const auto owner : owners)
    cluster.add_owners(owner);
  for (const auto epoch : epochs)
    cluster.add_epochs(epoch);
  return cluster;
}

using shards = std::set<std::uint32_t>;

} // namespace

TEST_CASE("an empty routing table knows no owner", "[routing]") {
  const routing_table subject;
  CHECK_FALSE(subject.is_known());
  CHECK(subject.owner_of(0) == 0);
  CHECK(subject.node_count() == 0);
  CHECK(subject.owners().empty());
}

TEST_CASE("a routing table names the owner of each shard and its address", "[routing]") {
  routing_table subject;
  CHECK(subject.replace(report(1, 1, {1, 2, 0, 9}), shard_count) == shards{0, 1});
  CHECK(subject.owner_of(0) == 1);
  CHECK(subject.owner_of(1) == 2);
  CHECK(subject.owner_of(2) == 0); // Nobody.
  CHECK(subject.owner_of(3) == 0); // Not among the nodes.
  CHECK(subject.owner_of(4) == 0); // No such shard.
  CHECK(subject.owners() == std::set<std::size_t>{0, 1});
  CHECK(subject.member_at(1) == 2);
  CHECK(subject.address_of(1) == node_address{"b", 4100});
  CHECK(subject.has_node(2));
  CHECK_FALSE(subject.has_node(3));
}

TEST_CASE("a later report replaces an earlier one, not the other way round", "[routing]") {
  routing_table subject;
  (void)subject.replace(report(5, 1, {1, 1, 2, 2}), shard_count);
  CHECK(subject.is_newer(report(6, 2, {2, 2, 2, 2}), 0));
  CHECK_FALSE(subject.is_newer(report(4, 2, {2, 2, 2, 2}), 0));
  CHECK(subject.is_newer(report(5, 1, {2, 2, 2, 2}), 5));       // The same node.
  CHECK_FALSE(subject.is_newer(report(5, 2, {2, 2, 2, 2}), 0)); // Another node, as late.
}

TEST_CASE("a node that reports a smaller version than before is followed", "[routing]") {
  routing_table subject;
  (void)subject.replace(report(5'000, 1, {1, 1, 2, 2}), shard_count);
  CHECK(subject.is_newer(report(1'000, 2, {2, 2, 2, 2}), 4'000));
}

TEST_CASE("a shard has moved if its owner or its epoch is another", "[routing]") {
  routing_table subject;
  (void)subject.replace(report(1, 1, {1, 1, 1, 1}, {1, 1, 1, 1}), shard_count);
  CHECK(subject.replace(report(2, 1, {1, 2, 1, 1}, {1, 2, 1, 1}), shard_count) == shards{1});
  CHECK(subject.replace(report(3, 1, {1, 2, 1, 1}, {1, 2, 7, 1}), shard_count) == shards{2});
  CHECK(subject.replace(report(4, 1, {1, 2, 1, 1}, {1, 2, 7, 1}), shard_count).empty());
}
