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

  cluster_view read_view() {
    cluster_view view;
    REQUIRE(store->read_view(view).ok());
    return view;
  }

  /// The owners by shard, and then the members: `1 0 0 2: 1 2`.
  std::string cluster_text() {
    const auto view = read_view();
    std::string text;
    for (const auto& one : view.assignments)
      text += std::to_string(one.owner.value) + " ";
    text.back() = ':';
    for (const auto& one : view.members)
      text += " " + std::to_string(one.id.value);
    return text;
  }

  /// Claims shards from the owners that are named. Returns those it was given.
  std::vector<std::uint16_t> claim(std::uint64_t number, const std::vector<std::uint16_t>& shards,
                                   std::uint64_t from = 0) {
    std::vector<shard_assignment> assignments;
    for (const auto shard : shards)
      assignments.push_back({{shard}, {from}, 0});
    std::vector<shard_id> claimed;
    REQUIRE(store->claim({number}, assignments, claimed).ok());
    std::vector<std::uint16_t> given;
    for (const auto one : claimed)
      given.push_back(one.value);
    std::sort(given.begin(), given.end());
    return given;
  }

  bool heartbeat(std::uint64_t number) {
    bool is_member = false;
    REQUIRE(store->heartbeat({number}, is_member).ok());
    return is_member;
  }

  Engine engine;
  std::shared_ptr<membership> store = engine.open();
};

} // namespace belfry
