#include "placement/failure_detector.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

constexpr duration patience{3'000};
constexpr duration gap_max{1'500};

cluster_view look_at(std::int64_t now_ms, std::uint64_t beats_of_two) {
  auto view = view_of(members_of(2), {});
  view.now = instant_of_ms(now_ms);
  view.members[0].heartbeats = static_cast<std::uint64_t>(now_ms); // Beats at every look.
  view.members[1].heartbeats = beats_of_two;
  return view;
}

} // namespace

TEST_CASE("who does not beat for the whole patience is silent, and nobody before") {
  failure_detector watch{patience, gap_max};
  for (std::int64_t now = 0; now < 3'000; now += 500)
    CHECK(watch.suspects(look_at(now, 7)).empty());
  const auto found = watch.suspects(look_at(3'000, 7));
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == member_id{2});
  CHECK(found[0].heartbeats == 7);
}

TEST_CASE("a beat begins the patience anew") {
  failure_detector watch{patience, gap_max};
  for (std::int64_t now = 0; now < 9'000; now += 500)
    CHECK(watch.suspects(look_at(now, now < 2'500 ? 7 : 8)).empty() == (now < 5'500));
}

TEST_CASE("who has not looked for a while suspects nobody for another patience") {
  failure_detector watch{patience, gap_max};
  for (std::int64_t now = 0; now <= 2'500; now += 500)
    CHECK(watch.suspects(look_at(now, 7)).empty());
  for (std::int64_t now = 4'500; now < 7'500; now += 500)
    CHECK(watch.suspects(look_at(now, 7)).empty());
  CHECK(watch.suspects(look_at(7'500, 7)).size() == 1);
}

TEST_CASE("a clock that goes back begins another patience, and not a longer one") {
  failure_detector watch{patience, gap_max};
  for (std::int64_t now = 3'600'000; now <= 3'602'500; now += 500)
    CHECK(watch.suspects(look_at(now, 7)).empty());
  for (std::int64_t now = 0; now < 3'000; now += 500)
    CHECK(watch.suspects(look_at(now, 7)).empty());
  CHECK(watch.suspects(look_at(3'000, 7)).size() == 1);
}

TEST_CASE("what was seen of one that left does not count for one that comes") {
  failure_detector watch{patience, gap_max};
  auto view = look_at(0, 7);
  CHECK(watch.suspects(view).empty());
  for (std::int64_t now = 500; now <= 3'000; now += 500) {
    auto without = look_at(now, 7);
    without.members.pop_back();
    CHECK(watch.suspects(without).empty());
  }
  CHECK(watch.suspects(look_at(3'500, 7)).empty());
}
