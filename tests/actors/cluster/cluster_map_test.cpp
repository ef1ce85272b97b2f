#include "cluster/cluster_map.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

cluster_updated update_of(std::uint64_t self, const std::vector<std::uint64_t>& owners,
                          std::int64_t now_ms = 1) {
  auto view = view_of(members_of(2), owners);
  view.now = instant_of_ms(now_ms);
  cluster_updated update{.self = {self}, .view = nullptr, .routes = {}};
  for (const auto owner : owners)
    update.routes.push_back({owner});
  update.view = std::make_shared<cluster_view>(std::move(view));
  return update;
}

} // namespace

TEST_CASE("an empty map routes all shards to this node", "[cluster]") {
  const cluster_map map;
  CHECK(map.is_empty());
  CHECK(map.is_routed_here(3));
  CHECK(map.owned_shard_count() == 0);
}

TEST_CASE("a map names the owner of each shard", "[cluster]") {
  cluster_map map;
  CHECK(map.update(update_of(1, {1, 2, 0})));
  CHECK(map.is_routed_here(0));
  CHECK_FALSE(map.is_routed_here(1));
  CHECK(map.describe_owner(1) == "node 'node2' at 10.0.0.2:4100");
  CHECK(map.describe_owner(2).empty());
  CHECK(map.owned_shard_count() == 1);
  CHECK(map.map().reported_by() == 1);
  REQUIRE(map.map().owners_size() == 3);
  CHECK(map.map().owners(1) == 2);
  CHECK(map.map().owners(2) == 0);
  CHECK(map.map().nodes(1).host() == "10.0.0.2");
}

TEST_CASE("an unchanged view does not change the map", "[cluster]") {
  cluster_map map;
  CHECK(map.update(update_of(1, {1, 2}, 1)));
  CHECK_FALSE(map.update(update_of(1, {1, 2}, 2)));
  CHECK(map.map().version() == 2); // A request gets the latest all the same.
  CHECK(map.update(update_of(1, {1, 1}, 3)));
}

TEST_CASE("a new epoch of a shard changes the map", "[cluster]") {
  cluster_map map;
  auto update = update_of(1, {1, 2});
  CHECK(map.update(update));
  auto view = *update.view;
  ++view.assignments[0].epoch;
  update.view = std::make_shared<cluster_view>(view);
  CHECK(map.update(update));
  CHECK(map.map().epochs(0) == map.map().epochs(1) + 1);
}

TEST_CASE("details contain weights, drains and shard counts", "[cluster]") {
  cluster_map map;
  auto update = update_of(1, {1, 2, 2});
  auto view = *update.view;
  view.members[1].is_draining = true;
  view.members[1].weight = 7;
  update.view = std::make_shared<cluster_view>(view);
  map.update(update);
  const auto all = map.details();
  REQUIRE(all.nodes_size() == 2);
  CHECK(all.nodes(1).shards() == 2);
  CHECK(all.nodes(1).is_draining());
  CHECK(all.nodes(1).weight() == 7);
  CHECK(all.epochs(0) == 1);
}
