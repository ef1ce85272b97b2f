#include "placement/failure_detector.hpp"

#include "support/members.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

constexpr duration failure_timeout{3'000};
constexpr duration gap_max{1'500};

cluster_view view_at(std::int64_t now_ms, std::uint64_t heartbeats_of_two) {
  auto view = view_of(members_of(2), {});
  view.now = instant_of_ms(now_ms);
  view.members[0].heartbeats =
      static_cast<std::uint64_t>(now_ms); // A heartbeat between any two views.
  view.members[1].heartbeats = heartbeats_of_two;
  return view;
}

} // namespace

TEST_CASE("a member without a heartbeat for the failure timeout is suspected, and not before") {
  failure_detector detector{failure_timeout, gap_max};
  for (std::int64_t now = 0; now < 3'000; now += 500)
    CHECK(detector.suspects(view_at(now, 7)).empty());
  const auto found = detector.suspects(view_at(3'000, 7));
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == member_id{2});
  CHECK(found[0].heartbeats == 7);
}

TEST_CASE("a heartbeat restarts the failure timeout") {
  failure_detector detector{failure_timeout, gap_max};
  for (std::int64_t now = 0; now < 9'000; now += 500)
    CHECK(detector.suspects(view_at(now, now < 2'500 ? 7 : 8)).empty() == (now < 5'500));
}

TEST_CASE("a node that has read no view for a while suspects no member for another timeout") {
  failure_detector detector{failure_timeout, gap_max};
  for (std::int64_t now = 0; now <= 2'500; now += 500)
    CHECK(detector.suspects(view_at(now, 7)).empty());
  for (std::int64_t now = 4'500; now < 7'500; now += 500)
    CHECK(detector.suspects(view_at(now, 7)).empty());
  CHECK(detector.suspects(view_at(7'500, 7)).size() == 1);
}

TEST_CASE("while the storage takes no heartbeats, no member is suspected") {
  failure_detector detector{failure_timeout, gap_max};
  for (std::int64_t now = 0; now <= 9'000; now += 500) {
    CHECK(detector.suspects(view_at(now, 7)).empty());
    detector.restart();
  }
  for (std::int64_t now = 9'500; now < 12'500; now += 500)
    CHECK(detector.suspects(view_at(now, 7)).empty());
  CHECK(detector.suspects(view_at(12'500, 7)).size() == 1);
}

TEST_CASE("a clock that goes back restarts the failure timeout, and does not extend it") {
  failure_detector detector{failure_timeout, gap_max};
  for (std::int64_t now = 3'600'000; now <= 3'602'500; now += 500)
    CHECK(detector.suspects(view_at(now, 7)).empty());
  for (std::int64_t now = 0; now < 3'000; now += 500)
    CHECK(detector.suspects(view_at(now, 7)).empty());
  CHECK(detector.suspects(view_at(3'000, 7)).size() == 1);
}

TEST_CASE("the silence of a member that left does not count when it joins again") {
  failure_detector detector{failure_timeout, gap_max};
  auto view = view_at(0, 7);
  CHECK(detector.suspects(view).empty());
  for (std::int64_t now = 500; now <= 3'000; now += 500) {
    auto without = view_at(now, 7);
    without.members.pop_back();
    CHECK(detector.suspects(without).empty());
  }
  CHECK(detector.suspects(view_at(3'500, 7)).empty());
}
