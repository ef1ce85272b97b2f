#pragma once

#include "journal/membership.hpp"
#include "support/members.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// What every engine of `membership` does alike, as test cases: an engine's test file instantiates
/// them by including membership_conformance.ipp.
///
/// `Engine` has `open() -> std::shared_ptr<membership>` (another one of the same cluster, which has
/// four shards and no member at first) and `journal_of(member_id) -> std::shared_ptr<journal>`.
template <class Engine>
class membership_conformance {
public:
  void join(std::uint64_t number) { REQUIRE(store->join(member_of(number)).ok()); }

  cluster_view look() {
    cluster_view view;
    REQUIRE(store->look(view).ok());
    return view;
  }

  /// The owners by shard, and then the members: `1 0 0 2: 1 2`.
  std::string picture() {
    const auto view = look();
    std::string text;
    for (const auto& one : view.seats)
      text += std::to_string(one.owner.value) + " ";
    text.back() = ':';
    for (const auto& one : view.members)
      text += " " + std::to_string(one.id.value);
    return text;
  }

  /// Claims shards from the owners that are named. Returns those it was given.
  std::vector<std::uint16_t> claim(std::uint64_t number, const std::vector<std::uint16_t>& shards,
                                   std::uint64_t from = 0) {
    std::vector<seat> seats;
    for (const auto shard : shards)
      seats.push_back({{shard}, {from}, 0});
    std::vector<shard_id> claimed;
    REQUIRE(store->claim({number}, seats, claimed).ok());
    std::vector<std::uint16_t> given;
    for (const auto one : claimed)
      given.push_back(one.value);
    std::sort(given.begin(), given.end());
    return given;
  }

  bool beat(std::uint64_t number) {
    bool is_member = false;
    REQUIRE(store->beat({number}, is_member).ok());
    return is_member;
  }

  Engine engine;
  std::shared_ptr<membership> store = engine.open();
};

} // namespace belfry
