#include "worker/prefetch_controller.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

prefetch_controller controller_after(prefetch_controller::nanoseconds each) {
  prefetch_controller controller;
  for (int i = 0; i < 200; ++i)
    controller.record_duration(each);
  return controller;
}

/// A moving mean never quite arrives.
bool is_about(std::uint32_t found, std::uint32_t expected) {
  return found == expected || found + 1 == expected;
}

} // namespace

TEST_CASE("before any run has ended, one run per slot is prefetched", "[prefetch_controller]") {
  CHECK(prefetch_controller{}.prefetch(4) == 4);
}

TEST_CASE("of short runs as many are prefetched as the slots complete in 20 ms",
          "[prefetch_controller]") {
  CHECK(is_about(controller_after(1ms).prefetch(4), 4 * 20));
  CHECK(is_about(controller_after(5ms).prefetch(4), 4 * 4));
}

TEST_CASE("of runs that are not short one per slot is prefetched", "[prefetch_controller]") {
  CHECK(controller_after(900ms).prefetch(4) == 4);
}

TEST_CASE("of long runs none is prefetched", "[prefetch_controller]") {
  CHECK(controller_after(1h).prefetch(4) == 0);
}

TEST_CASE("no more than a thousand runs are prefetched, however short they are",
          "[prefetch_controller]") {
  CHECK(controller_after(0ns).prefetch(4) == prefetch_controller::prefetch_max);
  CHECK(controller_after(0ns).prefetch(5'000) == 5'000);
}

TEST_CASE("one long run among short ones changes little", "[prefetch_controller]") {
  auto controller = controller_after(1ms);
  controller.record_duration(10ms);
  CHECK(controller.prefetch(4) >= 4 * 10);
}

TEST_CASE("while no run ends, none is prefetched", "[prefetch_controller]") {
  auto controller = controller_after(1ms);
  CHECK_FALSE(controller.has_stalled(true));
  CHECK(is_about(controller.prefetch(4), 4 * 20));
  CHECK(controller.has_stalled(true));
  CHECK(controller.prefetch(4) == 0);
  controller.record_duration(1ms);
  CHECK(controller.prefetch(4) == 4);
}

TEST_CASE("a worker without runs has not stalled", "[prefetch_controller]") {
  auto controller = controller_after(1ms);
  CHECK_FALSE(controller.has_stalled(false));
  CHECK_FALSE(controller.has_stalled(false));
  CHECK_FALSE(controller.has_stalled(true)); // It may have begun just now.
  CHECK(is_about(controller.prefetch(4), 4 * 20));
  CHECK(controller.has_stalled(true));
}

TEST_CASE("a worker whose runs end has not stalled", "[prefetch_controller]") {
  auto controller = controller_after(1ms);
  REQUIRE_FALSE(controller.has_stalled(true));

  controller.record_duration(1ms);

  CHECK_FALSE(controller.has_stalled(true));
  CHECK(is_about(controller.prefetch(4), 4 * 20));
}

TEST_CASE("a stalled worker prefetches again only once a run of less than a second has ended",
          "[prefetch_controller]") {
  prefetch_controller controller;
  (void)controller.has_stalled(true);
  REQUIRE(controller.has_stalled(true));

  controller.record_duration(prefetch_controller::long_run);
  CHECK(controller.prefetch(4) == 0);

  controller.record_duration(prefetch_controller::long_run - 16ns); // The mean falls by 1 ns.
  CHECK(controller.prefetch(4) == 4);
}

TEST_CASE("a stall makes no run count as shorter than it was", "[prefetch_controller]") {
  auto controller = controller_after(1h);
  (void)controller.has_stalled(true);
  REQUIRE(controller.has_stalled(true));

  controller.record_duration(1ms);
  CHECK(controller.prefetch(4) == 0);
}

TEST_CASE("a worker without slots prefetches nothing", "[prefetch_controller]") {
  CHECK(prefetch_controller{}.prefetch(0) == 0);
  CHECK(controller_after(1ms).prefetch(0) == 0);
}
