#include "supervision/restart_budget.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr restart_limits few{
    .restarts_max = 4, .window = 60s, .backoff_min = 100ms, .backoff_max = 300ms};

} // namespace

TEST_CASE("the pause before a restart doubles and is capped", "[supervision]") {
  restart_budget budget{few};
  std::vector<duration> pauses;

  for (int death = 0; death < 4; ++death)
    pauses.push_back(*budget.spend(1s));

  CHECK(pauses == std::vector<duration>{100ms, 200ms, 300ms, 300ms});
}

TEST_CASE("a child that dies too often within the window is not restarted", "[supervision]") {
  restart_budget budget{few};
  for (int death = 0; death < 4; ++death)
    REQUIRE(budget.spend(1s));

  CHECK_FALSE(budget.spend(60s));
}

TEST_CASE("restarts before the window do not count", "[supervision]") {
  restart_budget budget{few};
  for (int death = 0; death < 4; ++death)
    REQUIRE(budget.spend(1s));

  CHECK(budget.spend(61s) == 100ms);
  CHECK(budget.spent() == 1);
}

TEST_CASE("a refused restart is not counted", "[supervision]") {
  restart_budget budget{few};
  for (int death = 0; death < 4; ++death)
    REQUIRE(budget.spend(duration{death * 1000}));
  REQUIRE_FALSE(budget.spend(59s));

  CHECK(budget.spend(60s));
}

TEST_CASE("a budget of no restarts allows none", "[supervision]") {
  restart_budget budget{{.restarts_max = 0}};

  CHECK_FALSE(budget.spend(0s));
}

TEST_CASE("a minimal pause above the cap is the cap", "[supervision]") {
  restart_budget budget{{.backoff_min = 10s, .backoff_max = 1s}};

  CHECK(budget.spend(0s) == 1s);
  CHECK(budget.spend(0s) == 1s);
}

TEST_CASE("a long series of restarts keeps the longest pause", "[supervision]") {
  restart_budget budget{{.restarts_max = 1000, .backoff_min = 1ms, .backoff_max = 5s}};
  duration last{0};

  for (int death = 0; death < 1000; ++death)
    last = *budget.spend(0s);

  CHECK(last == 5s);
}
