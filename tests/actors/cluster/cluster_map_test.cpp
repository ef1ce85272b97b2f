#include "cluster/cluster_map.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

cluster_updated seen(std::uint64_t self, const std::vector<std::uint64_t>& owners,
                     std::int64_t now_ms = 1) {
  auto view = view_of(members_of(2), owners);
  view.now = instant_of_ms(now_ms);
  cluster_updated news{{self}, nullptr, {}};
  for (const auto owner : owners)
    news.routes.push_back({owner});
  news.view = std::make_shared<cluster_view>(std::move(view));
  return news;
}

} // namespace

TEST_CASE("a board that knows nothing has all shards here", "[cluster]") {
  const cluster_map board;
  CHECK(board.is_empty());
  CHECK(board.is_routed_here(3));
  CHECK(board.held() == 0);
}

TEST_CASE("a board tells where each shard is", "[cluster]") {
  cluster_map board;
  CHECK(board.update(seen(1, {1, 2, 0})));
  CHECK(board.is_routed_here(0));
  CHECK_FALSE(board.is_routed_here(1));
  CHECK(board.describe_owner(1) == "node 'node2' at 10.0.0.2:4100");
  CHECK(board.describe_owner(2).empty());
  CHECK(board.held() == 1);
  CHECK(board.map().reported_by() == 1);
  REQUIRE(board.map().owners_size() == 3);
  CHECK(board.map().owners(1) == 2);
  CHECK(board.map().owners(2) == 0);
  CHECK(board.map().nodes(1).host() == "10.0.0.2");
}

TEST_CASE("others hear of a change, and not of another look", "[cluster]") {
  cluster_map board;
  CHECK(board.update(seen(1, {1, 2}, 1)));
  CHECK_FALSE(board.update(seen(1, {1, 2}, 2)));
  CHECK(board.map().version() == 2); // Whoever asks gets the latest all the same.
  CHECK(board.update(seen(1, {1, 1}, 3)));
}

TEST_CASE("others hear that a shard began anew where it was", "[cluster]") {
  cluster_map board;
  auto news = seen(1, {1, 2});
  CHECK(board.update(news));
  auto view = *news.view;
  ++view.assignments[0].epoch;
  news.view = std::make_shared<cluster_view>(view);
  CHECK(board.update(news));
  CHECK(board.map().epochs(0) == board.map().epochs(1) + 1);
}

TEST_CASE("people see everything", "[cluster]") {
  cluster_map board;
  auto news = seen(1, {1, 2, 2});
  auto view = *news.view;
  view.members[1].is_draining = true;
  view.members[1].weight = 7;
  news.view = std::make_shared<cluster_view>(view);
  board.update(news);
  const auto all = board.details();
  REQUIRE(all.nodes_size() == 2);
  CHECK(all.nodes(1).shards() == 2);
  CHECK(all.nodes(1).is_draining());
  CHECK(all.nodes(1).weight() == 7);
  CHECK(all.epochs(0) == 1);
}
