#pragma once

#include "journal/membership.hpp"
#include "support/members.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// The behaviour that all engines of `membership` share, as test cases: the test file of an engine
/// includes membership_conformance.ipp.
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
    for (const auto& assignment : view.assignments)
      text += std::to_string(assignment.owner.value) + " ";
    text.back() = ':';
    for (const auto& node : view.members)
      text += " " + std::to_string(node.id.value);
    return text;
  }

  /// Claims shards from their owner. Returns those that were assigned.
  std::vector<std::uint16_t> claim(std::uint64_t number, const std::vector<std::uint16_t>& shards,
                                   std::uint64_t owner = 0) {
    std::vector<shard_assignment> assignments;
    for (const auto shard : shards)
      assignments.push_back({.shard = {shard}, .owner = {owner}, .epoch = 0});
    std::vector<shard_id> claimed;
    REQUIRE(store->claim({number}, assignments, claimed).ok());
    std::vector<std::uint16_t> numbers;
    for (const auto shard : claimed)
      numbers.push_back(shard.value);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
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
