// What holds for any sequence of calls, and what the calls cost.
#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"
#include "random/prng.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <tuple>

using namespace belfry;
using belfry::test::matcher_fixture;

TEST_CASE_METHOD(matcher_fixture, "credit is never exceeded and no task is assigned twice",
                 "[matcher]") {
  prng random{GENERATE(1, 2, 3, 4, 5)};
  const std::vector<std::string> kinds{"a", "b", "c"};
  const std::vector<std::string> queues{"x", "y", "z"};
  std::map<std::uint64_t, std::int64_t> credit;
  std::map<std::tuple<std::uint16_t, std::string, std::string>, std::size_t> waiting;
  std::deque<assignment> pending;
  for (std::uint64_t worker = 1; worker <= 4; ++worker) {
    std::vector<std::string> bound;
    if (worker == 4)
      bound = {"y"};
    attach(worker, {kinds[worker % 3], kinds[(worker + 1) % 3]}, 8, 0, bound);
  }
  for (int round = 0; round < 2'000; ++round) {
    const auto worker = 1 + random.below(4);
    const auto more = static_cast<std::uint32_t>(random.below(5));
    match.add_credit(session_id{worker}, more);
    credit[worker] += more;
    const auto shard = static_cast<std::uint16_t>(random.below(2));
    auto& queue = queues[random.below(3)];
    auto& kind = kinds[random.below(3)];
    auto& lane_now = waiting[{shard, queue, kind}];
    lane_now += random.below(6);
    update(shard, {lane(queue, kind, lane_now, static_cast<std::int32_t>(random.below(3)))});
    for (auto& each : match.assign())
      pending.push_back(std::move(each));
    for (auto left = random.below(3); left > 0 && !pending.empty(); --left) {
      const auto each = pending.front(); // In order, as shards answer.
      pending.pop_front();
      auto& there = waiting[{each.shard.value, each.queue, each.kind}];
      const auto granted = std::min(each.count, there);
      there -= granted;
      credit[each.session.value] -= static_cast<std::int64_t>(granted);
      REQUIRE(match.record_granted(each, granted));
      REQUIRE(credit[each.session.value] >= 0);
    }
    for (const auto& [session, left] : credit) {
      auto reserved = std::int64_t{0};
      for (const auto& each : pending)
        reserved += each.session.value == session ? static_cast<std::int64_t>(each.count) : 0;
      REQUIRE(static_cast<std::int64_t>(match.free_credit(session_id{session})) == left - reserved);
    }
  }
}

TEST_CASE_METHOD(matcher_fixture, "every task that a worker can run is assigned in the end",
                 "[matcher]") {
  std::size_t left = 0;
  for (std::uint16_t shard = 0; shard < 2; ++shard) {
    for (int queue = 0; queue < 20; ++queue) {
      update(shard, {lane("q" + std::to_string(queue), queue % 2 ? "a" : "b", 13, queue % 5)});
      left += 13;
    }
  }
  attach(1, {"a"}, 3, 3);
  attach(2, {"a", "b"}, 3, 3);
  for (auto made = assign_and_grant(); !made.empty(); made = assign_and_grant()) {
    for (const auto& each : made) {
      left -= each.count;
      match.add_credit(each.session, static_cast<std::uint32_t>(each.count));
    }
  }
  CHECK(left == 0);
}

TEST_CASE_METHOD(matcher_fixture, "the cost grows with assigned tasks, not with waiting ones",
                 "[matcher]") {
  for (int queue = 0; queue < 10'000; ++queue)
    update(0, {lane("q" + std::to_string(queue), "send", 1'000),
               lane("q" + std::to_string(queue), "nobody", 1'000)});
  for (std::uint64_t worker = 1; worker <= 100; ++worker)
    attach(worker, {"send", "print"}, 10, 0);

  CHECK(match.assign().empty());
  CHECK(match.steps() == 0);

  for (std::uint64_t worker = 1; worker <= 100; ++worker)
    match.add_credit(session_id{worker}, 10);
  const auto made = match.assign();

  CHECK(total(made) == 1'000);
  CHECK(match.steps() <= 10 * total(made));
}
