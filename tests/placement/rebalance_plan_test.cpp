#include "placement/rebalance_plan.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

std::vector<member_id> ids(const std::vector<std::uint64_t>& owners) {
  std::vector<member_id> all;
  for (const auto owner : owners)
    all.push_back({owner});
  return all;
}

std::vector<std::uint16_t> shards_of(const std::vector<shard_assignment>& assignments) {
  std::vector<std::uint16_t> numbers;
  for (const auto& assigned : assignments)
    numbers.push_back(assigned.shard.value);
  return numbers;
}

} // namespace

TEST_CASE(
    "a node claims the free shards that are placed on it, with the owner that the view shows") {
  const auto view = view_of(members_of(2), {0, 0, 9, 9, 1});
  const auto plan = plan_rebalance({1}, view, ids({1, 2, 1, 2, 1}), 2);
  CHECK(shards_of(plan.claim) == std::vector<std::uint16_t>{0, 2});
  CHECK(plan.claim[1].owner == member_id{9}); // It is no member any more.
  CHECK(plan.release.empty());
}

TEST_CASE("shards that are placed on another node are released a few at a time") {
  const auto view = view_of(members_of(2), {1, 1, 1, 1});
  CHECK(plan_rebalance({1}, view, ids({2, 1, 2, 2}), 2).release == std::vector<shard_id>{{0}, {2}});
}

TEST_CASE("no shard is released while others still wait to be claimed") {
  CHECK(plan_rebalance({1}, view_of(members_of(2), {0, 1, 1}), ids({2, 2, 2}), 2).release.size() ==
        1);
  CHECK(plan_rebalance({1}, view_of(members_of(2), {0, 9, 1}), ids({2, 2, 2}), 2).release.empty());
}

TEST_CASE("a shard that is placed on no node keeps its owner") {
  const auto plan = plan_rebalance({1}, view_of(members_of(1), {1, 0}), ids({0, 0}), 2);
  CHECK(plan == rebalance_plan{});
}

TEST_CASE("the owner of a shard counts while it is a member") {
  const auto view = view_of(members_of(3), {2, 9, 0});
  CHECK(live_owner(view, view.assignments[0]) == member_id{2});
  CHECK_FALSE(live_owner(view, view.assignments[1]));
  CHECK_FALSE(live_owner(view, view.assignments[2]));
}

TEST_CASE("other settings are a conflict") {
  auto self = member_of(3);
  CHECK_FALSE(find_join_conflict(self, view_of(members_of(3), {})));
  self.settings = "lease=3s";
  const auto found = find_join_conflict(self, view_of(members_of(3), {}));
  REQUIRE(found);
  CHECK(found->member_in_conflict.id == member_id{1});
  CHECK(found->text == "the cluster has other settings: node 'node1' at 10.0.0.1:4100 has "
                       "lease=10s, this node lease=3s");
}

TEST_CASE("the same address on another machine is a conflict, on the same machine it is not") {
  auto self = member_of(1);
  self.id = {8};
  CHECK_FALSE(find_join_conflict(self, view_of(members_of(2), {})));
  self.machine = "there";
  const auto found = find_join_conflict(self, view_of(members_of(2), {}));
  REQUIRE(found);
  CHECK(found->text.find("machine here") != std::string::npos);
}

TEST_CASE("a shard is routed to its owner, or to the next one") {
  const auto view = view_of(members_of(2), {1, 9, 1, 0});
  CHECK(routes_of(view, ids({2, 2, 2, 0}), {{2}}) == ids({1, 2, 2, 0}));
}

TEST_CASE("the successors of a node are those that its shards are placed on without it") {
  const auto view = view_of(members_of(3), std::vector<std::uint64_t>(16, 1));
  std::vector<std::uint64_t> successors;
  for (const auto& node : successors_of({1}, view))
    successors.push_back(node.id.value);
  CHECK(successors == std::vector<std::uint64_t>{2, 3});
  CHECK(successors_of({2}, view).empty()); // It owns no shard.
  CHECK(successors_of({1}, view_of(members_of(1), {1})).empty());
}
