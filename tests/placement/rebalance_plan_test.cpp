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
  for (const auto& one : assignments)
    numbers.push_back(one.shard.value);
  return numbers;
}

} // namespace

TEST_CASE("free seats are claimed by whose they are by right, with the owner they were seen with") {
  const auto view = view_of(members_of(2), {0, 0, 9, 9, 1});
  const auto orders = plan_rebalance({1}, view, ids({1, 2, 1, 2, 1}), 2);
  CHECK(shards_of(orders.claim) == std::vector<std::uint16_t>{0, 2});
  CHECK(orders.claim[1].owner == member_id{9}); // Who is no member any more.
  CHECK(orders.release.empty());
}

TEST_CASE("another's shards are released a few at a time") {
  const auto view = view_of(members_of(2), {1, 1, 1, 1});
  CHECK(plan_rebalance({1}, view, ids({2, 1, 2, 2}), 2).release == std::vector<shard_id>{{0}, {2}});
}

TEST_CASE("nothing is released while others still wait to be claimed") {
  CHECK(plan_rebalance({1}, view_of(members_of(2), {0, 1, 1}), ids({2, 2, 2}), 2).release.size() ==
        1);
  CHECK(plan_rebalance({1}, view_of(members_of(2), {0, 9, 1}), ids({2, 2, 2}), 2).release.empty());
}

TEST_CASE("who has what is nobody's by right keeps it") {
  const auto orders = plan_rebalance({1}, view_of(members_of(1), {1, 0}), ids({0, 0}), 2);
  CHECK(orders == rebalance_plan{});
}

TEST_CASE("the owner of a seat counts while it is a member") {
  const auto view = view_of(members_of(3), {2, 9, 0});
  CHECK(live_owner(view, view.assignments[0]) == member_id{2});
  CHECK_FALSE(live_owner(view, view.assignments[1]));
  CHECK_FALSE(live_owner(view, view.assignments[2]));
}

TEST_CASE("other settings stand in the way") {
  auto self = member_of(3);
  CHECK_FALSE(find_join_conflict(self, view_of(members_of(3), {})));
  self.settings = "lease=3s";
  const auto found = find_join_conflict(self, view_of(members_of(3), {}));
  REQUIRE(found);
  CHECK(found->who.id == member_id{1});
  CHECK(found->text == "the cluster has other settings: node 'node1' at 10.0.0.1:4100 has "
                       "lease=10s, this node lease=3s");
}

TEST_CASE("the same address on another machine stands in the way, on the same one it does not") {
  auto self = member_of(1);
  self.id = {8};
  CHECK_FALSE(find_join_conflict(self, view_of(members_of(2), {})));
  self.machine = "there";
  const auto found = find_join_conflict(self, view_of(members_of(2), {}));
  REQUIRE(found);
  CHECK(found->text.find("machine here") != std::string::npos);
}

TEST_CASE("who answers for a shard is its owner, or whoever is about to be") {
  const auto view = view_of(members_of(2), {1, 9, 1, 0});
  CHECK(routes_of(view, ids({2, 2, 2, 0}), {{2}}) == ids({1, 2, 2, 0}));
}

TEST_CASE("the heirs are those whose the shards are by right without one") {
  const auto view = view_of(members_of(3), std::vector<std::uint64_t>(16, 1));
  std::vector<std::uint64_t> heirs;
  for (const auto& one : successors_of({1}, view))
    heirs.push_back(one.id.value);
  CHECK(heirs == std::vector<std::uint64_t>{2, 3});
  CHECK(successors_of({2}, view).empty()); // It has none.
  CHECK(successors_of({1}, view_of(members_of(1), {1})).empty());
}
