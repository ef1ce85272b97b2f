#include "os/system_clock.hpp"

#include "time/slowed_clock.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr instant noon = instant_of_ms(1'700'000'000'000);

/// A machine whose wall clock can be set.
struct clock_fixture {
  clock_reading machine{noon, 1h};
  std::vector<clock_step> steps;
  system_clock time{{.step_threshold = 10s,
                     .confirm_after = 60s,
                     .on_step = [this](const clock_step& step) { steps.push_back(step); },
                     .read_clocks = [this] { return machine; }}};

  void advance(duration span) {
    machine.wall += span;
    machine.uptime += span;
  }
  void set_wall(duration offset) { machine.wall += offset; }
};

} // namespace

TEST_CASE_METHOD(clock_fixture, "the clock shows the wall clock's time", "[clock]") {
  CHECK(time.now() == noon);
  advance(90min);
  CHECK(time.now() == noon + 90min);
  CHECK(steps.empty());
}

TEST_CASE_METHOD(clock_fixture, "a small step forward is followed at once", "[clock]") {
  set_wall(9s);
  CHECK(time.now() == noon + 9s);
  CHECK(steps.empty());
}

TEST_CASE_METHOD(clock_fixture, "a wall clock set back makes the clock run at half speed",
                 "[clock]") {
  set_wall(-4s);
  CHECK(time.now() == noon);
  advance(2s);
  CHECK(time.now() == noon + 1s);
  advance(6s); // The wall clock shows noon + 4 s: it has caught up.
  CHECK(time.now() == noon + 4s);
  advance(1s);
  CHECK(time.now() == noon + 5s);
  CHECK(steps.empty());
}

TEST_CASE_METHOD(clock_fixture, "what a clock that was set back will read is known in advance",
                 "[clock]") {
  set_wall(-1min);
  const auto start = time.now();
  CHECK(time.lead() == 1min);
  for (int second = 1; second <= 180; ++second) {
    advance(1s);
    const auto late = reading_after(start, std::chrono::seconds{second}, 1min) - time.now();
    CHECK(late >= 0s);
    CHECK(late <= 500ms); // It is read once a second.
  }
  CHECK(time.lead() == 0s);
}

TEST_CASE_METHOD(clock_fixture, "a clock that ignores a step forward has no lead", "[clock]") {
  set_wall(24h);
  (void)time.now();
  CHECK(time.lead() == 0s);
}

TEST_CASE_METHOD(clock_fixture, "the clock runs at half speed even if read every millisecond",
                 "[clock]") {
  set_wall(-1h);
  for (int i = 0; i < 1000; ++i) {
    advance(1ms);
    (void)time.now();
  }
  CHECK(time.now() == noon + 500ms);
}

TEST_CASE_METHOD(clock_fixture, "a large step back and its end are reported once each", "[clock]") {
  set_wall(-1min);
  for (int i = 0; i < 3; ++i)
    (void)time.now();
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].type == clock_step::kind::backward);
  CHECK(steps[0].offset == -1min);

  advance(10min);
  (void)time.now();
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].type == clock_step::kind::recovered);
}

TEST_CASE_METHOD(clock_fixture, "a large step forward is ignored at first", "[clock]") {
  set_wall(24h);
  CHECK(time.now() == noon);
  advance(30s);
  CHECK(time.now() == noon + 30s);
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].type == clock_step::kind::forward);
  CHECK(steps[0].offset == 24h);

  set_wall(-24h);
  advance(1s);
  CHECK(time.now() == noon + 31s);
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].type == clock_step::kind::recovered);
}

TEST_CASE_METHOD(clock_fixture, "a large step forward is accepted when it lasts", "[clock]") {
  set_wall(24h);
  (void)time.now();
  advance(60s);
  CHECK(time.now() == noon + 24h + 60s);
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].type == clock_step::kind::accepted);
}

TEST_CASE_METHOD(clock_fixture, "a clock tells how far its machine's clock is since it was set",
                 "[clock]") {
  CHECK(time.machine_offset() == 0s);
  set_wall(-9s); // Not more than a correction.
  CHECK(time.machine_offset() == 0s);
  set_wall(-1min);
  CHECK(time.machine_offset() == -69s);
  advance(20s);
  CHECK(time.machine_offset() == -59s);
  advance(10min);
  CHECK(time.machine_offset() == 0s);

  set_wall(24h);
  CHECK(time.machine_offset() == 24h);
  advance(60s);
  CHECK(time.machine_offset() == 0s);
}

TEST_CASE_METHOD(clock_fixture, "the sleep of a machine is not a clock step", "[clock]") {
  advance(8h);
  CHECK(time.now() == noon + 8h);
  CHECK(steps.empty());
}

TEST_CASE_METHOD(clock_fixture, "the clock never goes backwards", "[clock]") {
  auto last = time.now();
  for (const auto step : {-5s, 3s, -20s, 40s, -1s, -300s, 600s, -600s}) {
    set_wall(step);
    for (int i = 0; i < 100; ++i) {
      advance(1700ms);
      const auto now = time.now();
      CHECK(now >= last);
      last = now;
    }
  }
}

TEST_CASE("the system's own clocks are read", "[clock]") {
  const system_clock time;
  const auto before = std::chrono::floor<duration>(std::chrono::system_clock::now());

  CHECK(time.now() >= before);
  CHECK(time.now() <= std::chrono::system_clock::now());
}
