#include "worker/prefetch_controller.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

prefetch_controller pace_of(prefetch_controller::span each) {
  prefetch_controller pace;
  for (int i = 0; i < 200; ++i)
    pace.note(each);
  return pace;
}

/// A moving mean never quite arrives.
bool is_about(std::uint32_t found, std::uint32_t expected) {
  return found == expected || found + 1 == expected;
}

} // namespace

TEST_CASE("before anything has run, one run is fetched ahead of each slot",
          "[prefetch_controller]") {
  CHECK(prefetch_controller{}.prefetch(4) == 4);
}

TEST_CASE("of short runs as many are fetched as the slots do in 20 ms", "[prefetch_controller]") {
  CHECK(is_about(pace_of(1ms).prefetch(4), 4 * 20));
  CHECK(is_about(pace_of(5ms).prefetch(4), 4 * 4));
}

TEST_CASE("of runs that are not short one is fetched for each slot", "[prefetch_controller]") {
  CHECK(pace_of(900ms).prefetch(4) == 4);
}

TEST_CASE("of long runs none is fetched ahead", "[prefetch_controller]") {
  CHECK(pace_of(1h).prefetch(4) == 0);
}

TEST_CASE("however short the runs, no more than a thousand are fetched", "[prefetch_controller]") {
  CHECK(pace_of(0ns).prefetch(4) == prefetch_controller::prefetch_max);
  CHECK(pace_of(0ns).prefetch(5'000) == 5'000);
}

TEST_CASE("one long run among short ones changes little", "[prefetch_controller]") {
  auto pace = pace_of(1ms);
  pace.note(10ms);
  CHECK(pace.prefetch(4) >= 4 * 10);
}

TEST_CASE("while nothing ends, nothing is fetched ahead", "[prefetch_controller]") {
  auto pace = pace_of(1ms);
  CHECK_FALSE(pace.has_stalled(true));
  CHECK(is_about(pace.prefetch(4), 4 * 20));
  CHECK(pace.has_stalled(true));
  CHECK(pace.prefetch(4) == 0);
  pace.note(1ms);
  CHECK(pace.prefetch(4) == 4);
}

TEST_CASE("who has nothing to run has not stalled", "[prefetch_controller]") {
  auto pace = pace_of(1ms);
  CHECK_FALSE(pace.has_stalled(false));
  CHECK_FALSE(pace.has_stalled(false));
  CHECK_FALSE(pace.has_stalled(true)); // It may have begun just now.
  CHECK(is_about(pace.prefetch(4), 4 * 20));
  CHECK(pace.has_stalled(true));
}
