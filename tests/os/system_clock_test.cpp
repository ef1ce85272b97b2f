#include "os/system_clock.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr instant noon = instant_of_ms(1'700'000'000'000);

/// A machine whose wall clock can be set.
struct clock_fixture {
  clock_reading machine{noon, 1h};
  std::vector<clock_step> told;
  system_clock time{{.step_threshold = 10s,
                     .confirm_after = 60s,
                     .on_step = [this](const clock_step& one) { told.push_back(one); },
                     .read_clocks = [this] { return machine; }}};

  void pass(duration span) {
    machine.wall += span;
    machine.uptime += span;
  }
  void set_wall(duration offset) { machine.wall += offset; }
};

} // namespace

TEST_CASE_METHOD(clock_fixture, "the clock shows the wall clock's time", "[clock]") {
  CHECK(time.now() == noon);
  pass(90min);
  CHECK(time.now() == noon + 90min);
  CHECK(told.empty());
}

TEST_CASE_METHOD(clock_fixture, "a small step forward is followed at once", "[clock]") {
  set_wall(9s);
  CHECK(time.now() == noon + 9s);
  CHECK(told.empty());
}

TEST_CASE_METHOD(clock_fixture, "a wall clock set back makes time go at half speed", "[clock]") {
  set_wall(-4s);
  CHECK(time.now() == noon);
  pass(2s);
  CHECK(time.now() == noon + 1s);
  pass(6s); // The wall clock shows noon + 4 s: it has caught up.
  CHECK(time.now() == noon + 4s);
  pass(1s);
  CHECK(time.now() == noon + 5s);
  CHECK(told.empty());
}

TEST_CASE_METHOD(clock_fixture, "slow time passes even if asked every millisecond", "[clock]") {
  set_wall(-1h);
  for (int i = 0; i < 1000; ++i) {
    pass(1ms);
    (void)time.now();
  }
  CHECK(time.now() == noon + 500ms);
}

TEST_CASE_METHOD(clock_fixture, "a large step back is told once, and its end", "[clock]") {
  set_wall(-1min);
  for (int i = 0; i < 3; ++i)
    (void)time.now();
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == clock_step::kind::backward);
  CHECK(told[0].offset == -1min);

  pass(10min);
  (void)time.now();
  REQUIRE(told.size() == 2);
  CHECK(told[1].what == clock_step::kind::recovered);
}

TEST_CASE_METHOD(clock_fixture, "a large step forward is not believed at once", "[clock]") {
  set_wall(24h);
  CHECK(time.now() == noon);
  pass(30s);
  CHECK(time.now() == noon + 30s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == clock_step::kind::forward);
  CHECK(told[0].offset == 24h);

  set_wall(-24h);
  pass(1s);
  CHECK(time.now() == noon + 31s);
  REQUIRE(told.size() == 2);
  CHECK(told[1].what == clock_step::kind::recovered);
}

TEST_CASE_METHOD(clock_fixture, "a large step forward that lasts is followed", "[clock]") {
  set_wall(24h);
  (void)time.now();
  pass(60s);
  CHECK(time.now() == noon + 24h + 60s);
  REQUIRE(told.size() == 2);
  CHECK(told[1].what == clock_step::kind::followed);
}

TEST_CASE_METHOD(clock_fixture, "a machine that slept has not been set", "[clock]") {
  pass(8h);
  CHECK(time.now() == noon + 8h);
  CHECK(told.empty());
}

TEST_CASE_METHOD(clock_fixture, "the clock never goes backwards", "[clock]") {
  auto last = time.now();
  for (const auto step : {-5s, 3s, -20s, 40s, -1s, -300s, 600s, -600s}) {
    set_wall(step);
    for (int i = 0; i < 100; ++i) {
      pass(1700ms);
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
