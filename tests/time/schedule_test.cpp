#include "time/schedule.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

// 2026-01-01 00:00:00 UTC.
constexpr instant midnight = instant_of_ms(1'767'225'600'000);
constexpr auto day = 24h;

cron_rule rule_of(const char* line, const char* zone = "UTC") {
  const auto rule = cron_rule::parse({.line = line, .zone = zone});
  REQUIRE(rule.ok());
  return *rule;
}

using instants = std::vector<instant>;

} // namespace

TEST_CASE("a run that is due on time is launched under every policy", "[schedule]") {
  const auto hourly = rule_of("0 * * * *");
  for (const auto policy :
       {misfire_policy::skip, misfire_policy::run_once, misfire_policy::run_all}) {
    const auto plan = due_fires(hourly, policy, 10, midnight, midnight + 1h + 200ms);
    CHECK(plan.nominal == instants{midnight + 1h});
    CHECK(plan.last == midnight + 1h);
    CHECK(plan.next == midnight + 2h);
  }
}

TEST_CASE("a run is due at its instant and not a millisecond before", "[schedule]") {
  const auto hourly = rule_of("0 * * * *");
  const auto early = due_fires(hourly, misfire_policy::run_all, 10, midnight, midnight + 1h - 1ms);
  CHECK(early.nominal.empty());
  CHECK(early.last == midnight);
  CHECK(early.next == midnight + 1h);
  CHECK(due_fires(hourly, misfire_policy::run_all, 10, midnight, midnight + 1h).nominal.size() ==
        1);
}

TEST_CASE("with skip, a run is launched up to the tolerance and not later", "[schedule]") {
  const auto hourly = rule_of("0 * * * *");
  const auto plan_at = [&](instant now, duration tolerance) {
    return due_fires(hourly, misfire_policy::skip, 10, midnight, now, tolerance);
  };
  CHECK(plan_at(midnight + 5h + 1min, 1min).nominal == instants{midnight + 5h});
  const auto late = plan_at(midnight + 5h + 1min + 1ms, 1min);
  CHECK(late.nominal.empty());
  CHECK(late.last == midnight + 5h);
  CHECK(late.next == midnight + 6h);
  CHECK(plan_at(midnight + 5h + 10min, 10min).nominal == instants{midnight + 5h});
}

TEST_CASE("with run_once, only the latest missed run is launched", "[schedule]") {
  const auto plan = due_fires(rule_of("0 * * * *"), misfire_policy::run_once, 10, midnight,
                              midnight + 5h + 30min);
  CHECK(plan.nominal == instants{midnight + 5h});
  CHECK(plan.last == midnight + 5h);
}

TEST_CASE("with run_all, the latest missed runs are launched, oldest first", "[schedule]") {
  const auto hourly = rule_of("0 * * * *");
  const auto now = midnight + 5h + 30min;
  CHECK(due_fires(hourly, misfire_policy::run_all, 3, midnight, now).nominal ==
        instants{midnight + 3h, midnight + 4h, midnight + 5h});
  CHECK(due_fires(hourly, misfire_policy::run_all, 10, midnight, now).nominal ==
        instants{midnight + 1h, midnight + 2h, midnight + 3h, midnight + 4h, midnight + 5h});
  CHECK(due_fires(hourly, misfire_policy::run_all, 0, midnight, now).nominal ==
        instants{midnight + 5h});
}

TEST_CASE("a launched run is not launched again", "[schedule]") {
  const auto hourly = rule_of("0 * * * *");
  const auto now = midnight + 5h + 30min;
  const auto plan = due_fires(hourly, misfire_policy::run_all, 10, midnight, now);
  const auto again = due_fires(hourly, misfire_policy::run_all, 10, plan.last, now);
  CHECK(again.nominal.empty());
  CHECK(again.last == plan.last);
  CHECK(again.next == plan.next);
}

TEST_CASE("a clock set back makes nothing due", "[schedule]") {
  const auto plan =
      due_fires(rule_of("0 * * * *"), misfire_policy::run_all, 10, midnight + 5h, midnight + 2h);
  CHECK(plan.nominal.empty());
  CHECK(plan.last == midnight + 5h);
  CHECK(plan.next == midnight + 6h);
}

TEST_CASE("years of missed seconds cost no more than a few of them", "[schedule]") {
  const auto now = midnight + 3650 * day + 500ms;
  for (const auto* line : {"* * * * * *", "* * * * 12 *", "* * 3 * * *", "0 0 0 29 2 *"})
    for (const auto policy :
         {misfire_policy::skip, misfire_policy::run_once, misfire_policy::run_all}) {
      const auto plan = due_fires(rule_of(line, "Europe/Berlin"), policy, 100, midnight, now);
      CHECK(plan.nominal.size() <= 100);
      CHECK(std::is_sorted(plan.nominal.begin(), plan.nominal.end()));
      CHECK(plan.last <= now);
      CHECK(plan.next > now);
    }
  const auto plan = due_fires(rule_of("* * * * * *"), misfire_policy::run_all, 3, midnight, now);
  CHECK(plan.nominal == instants{now - 2500ms, now - 1500ms, now - 500ms});
}

TEST_CASE("the backward search finds the same occurrences as the forward search", "[schedule]") {
  for (const auto* line : {"*/7 * * * *", "30 2 * * *", "0 0 1 * *", "*/5 9-10 * * MON",
                           "0 0 29 2 *", "*/10 2,3 25-31 3,10 *"}) {
    const auto rule = rule_of(line, "Europe/Berlin");
    for (auto now = midnight + 80 * day; now < midnight + 310 * day; now += 1607min) {
      instants forward;
      for (auto next = rule.next_after(midnight); next && *next <= now;
           next = rule.next_after(*next))
        forward.push_back(*next);
      const auto plan = due_fires(rule, misfire_policy::run_all, 40, midnight, now);
      if (forward.size() > 40)
        forward.erase(forward.begin(), forward.end() - 40);
      INFO(line << " at " << to_ms(now));
      REQUIRE(plan.nominal == forward);
    }
  }
}

TEST_CASE("an unbounded limit returns all missed runs", "[schedule]") {
  const auto plan = due_fires(rule_of("0 * * * *"), misfire_policy::run_all,
                              std::numeric_limits<std::uint32_t>::max(), midnight, midnight + day);
  CHECK(plan.nominal.size() == 24);
}

TEST_CASE("a schedule that has never run starts from any instant", "[schedule]") {
  const auto plan =
      due_fires(rule_of("0 * * * *"), misfire_policy::run_once, 10, instant{}, midnight + 1min);
  CHECK(plan.nominal == instants{midnight});
}

TEST_CASE("a boot is due once, and not before it has happened", "[schedule]") {
  const auto booted = midnight + 1h;
  const auto plan = due_at_boot(booted, midnight, booted + 2h);
  CHECK(plan.nominal == instants{booted});
  CHECK(plan.last == booted);
  CHECK(plan.next == std::nullopt);
  for (const auto& none :
       {due_at_boot(booted, booted, booted + 2h), due_at_boot(booted, booted + 1h, booted + 2h)})
    CHECK(none.nominal.empty());
  CHECK(due_at_boot(booted, midnight, booted).nominal.size() == 1);
  const auto early = due_at_boot(booted, midnight, booted - 1ms);
  CHECK(early.nominal.empty());
  CHECK(early.last == midnight);
}

TEST_CASE("a boot instant that moved by up to a minute is the same boot", "[schedule]") {
  const auto now = midnight + 1h;
  CHECK(due_at_boot(midnight + 1min, midnight, now).nominal.empty());
  CHECK(due_at_boot(midnight - 1min, midnight, now).nominal.empty());
  CHECK(due_at_boot(midnight + 1min + 1ms, midnight, now).nominal.size() == 1);
}

TEST_CASE("nothing is due at a boot of which the instant is not known", "[schedule]") {
  const auto plan = due_at_boot(std::nullopt, midnight, midnight + 1h);
  CHECK(plan.nominal.empty());
  CHECK(plan.last == midnight);
}
