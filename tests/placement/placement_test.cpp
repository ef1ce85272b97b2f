#include "placement/placement.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace belfry;

namespace {

std::map<std::uint64_t, std::size_t> load_of(const std::vector<member_id>& owners) {
  std::map<std::uint64_t, std::size_t> load;
  for (const auto owner : owners)
    ++load[owner.value];
  return load;
}

std::size_t moves_between(const std::vector<member_id>& before,
                          const std::vector<member_id>& after) {
  std::size_t moves = 0;
  for (std::size_t shard = 0; shard < before.size(); ++shard)
    moves += before[shard] == after[shard] ? 0 : 1;
  return moves;
}

} // namespace

TEST_CASE("every shard has an owner, and no owner more than its share and a tenth") {
  for (const std::uint64_t nodes : {1, 2, 3, 7, 100}) {
    for (const std::size_t shards : {1, 16, 256}) {
      const auto owners = place_shards(members_of(nodes), shards);
      const auto share_max = (shards * 11 + nodes * 10 - 1) / (nodes * 10);
      for (const auto& [owner, count] : load_of(owners)) {
        CHECK(owner != 0);
        CHECK(count <= share_max);
      }
    }
  }
}

TEST_CASE("a node that leaves moves few shards beside its own") {
  constexpr std::size_t shards = 256;
  for (std::uint64_t gone = 1; gone <= 5; ++gone) {
    auto members = members_of(5);
    const auto before = place_shards(members, shards);
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(gone - 1));
    const auto after = place_shards(members, shards);
    const auto lost = load_of(before).at(gone);
    CHECK(moves_between(before, after) <= lost + shards / 10);
  }
}

TEST_CASE("a node that joins moves few shards beside those that it gets") {
  constexpr std::size_t shards = 256;
  const auto before = place_shards(members_of(4), shards);
  const auto after = place_shards(members_of(5), shards);
  CHECK(moves_between(before, after) <= load_of(after).at(5) + shards / 10);
}

TEST_CASE("a node that rejoins with a new id gets the shards that it had") {
  auto members = members_of(3);
  const auto before = place_shards(members, 16);
  members[1].id = {77};
  std::rotate(members.begin() + 1, members.begin() + 2, members.end()); // By id again.
  auto after = place_shards(members, 16);
  for (auto& owner : after)
    if (owner == member_id{77})
      owner = {2};
  CHECK(before == after);
}

TEST_CASE("shares follow the weights") {
  auto members = members_of(2);
  members[0].weight = 3;
  const auto load = load_of(place_shards(members, 256));
  CHECK(load.at(1) >= 160);
  CHECK(load.at(2) >= 44);
}

TEST_CASE(
    "a draining node or one of weight 0 gets no shard, and without others a shard has no owner") {
  auto members = members_of(3);
  members[0].is_draining = true;
  members[2].weight = 0;
  CHECK(load_of(place_shards(members, 16)) == std::map<std::uint64_t, std::size_t>{{2, 16}});
  members[1].is_draining = true;
  CHECK(place_shards(members, 2) == std::vector<member_id>(2));
}

TEST_CASE("heartbeats change no placement; joins, leaves, weights and drains do") {
  const auto members = members_of(2);
  auto others = members;
  others[0].heartbeats = 7;
  CHECK(have_equal_placement(members, others));
  CHECK_FALSE(have_equal_placement(members, members_of(3)));
  CHECK_FALSE(have_equal_placement(members, members_of(1)));
  others[1].weight = 2;
  CHECK_FALSE(have_equal_placement(members, others));
  others = members;
  others[1].is_draining = true;
  CHECK_FALSE(have_equal_placement(members, others));
}
