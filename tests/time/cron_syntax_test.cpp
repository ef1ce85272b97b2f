// The forms of a cron line beyond those of the oldest crons.
#include "time/cron.hpp"

#include <catch2/catch.hpp>
#include <date/tz.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace belfry;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using texts = std::vector<std::string>;

instant utc_time(const std::string& text) {
  std::istringstream in{text};
  date::sys_seconds at;
  in >> date::parse("%F %T", at);
  REQUIRE_FALSE(in.fail());
  return at;
}

/// The first `count` occurrences after `after`, in UTC.
texts occurrences(const std::string& line, const std::string& after, int count,
                  std::uint64_t seed = 0) {
  const auto rule = cron_rule::parse({.line = line}, seed);
  INFO((rule ? "" : rule.error().what));
  REQUIRE(rule.ok());
  texts found;
  for (auto next = rule->next_after(utc_time(after)); next && count-- > 0;
       next = rule->next_after(*next))
    found.push_back(date::format("%F %T", date::floor<std::chrono::seconds>(*next)));
  return found;
}

/// The days of the first `count` occurrences in 2026 of a line that is due at midnight.
texts days_of(const std::string& line, int count) {
  auto found = occurrences(line, "2025-12-31 23:59:59", count);
  for (auto& time : found) {
    CHECK(time.substr(10) == " 00:00:00");
    time = time.substr(0, 10);
  }
  return found;
}

std::string refusal_of(const std::string& line) {
  const auto rule = cron_rule::parse({.line = line});
  return rule ? "accepted" : rule.error().what;
}

} // namespace

TEST_CASE("a range of names may go on from the beginning", "[cron]") {
  const texts long_weekend{"2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-09"};
  CHECK(days_of("0 0 * * fri-mon", 5) == long_weekend);
  CHECK(days_of("0 0 * * FRI-1", 5) == long_weekend);
  CHECK(days_of("0 0 * * sat-sun", 3) == texts{"2026-01-03", "2026-01-04", "2026-01-10"});
  CHECK(days_of("0 0 * * 7-tue", 4) ==
        texts{"2026-01-04", "2026-01-05", "2026-01-06", "2026-01-11"});
  CHECK(days_of("0 0 * * fri-mon/2", 3) == texts{"2026-01-02", "2026-01-04", "2026-01-09"});
  CHECK(days_of("0 0 1 nov-feb *", 5) ==
        texts{"2026-01-01", "2026-02-01", "2026-11-01", "2026-12-01", "2027-01-01"});
}

TEST_CASE("a range of numbers never goes on from the beginning, and is refused with its list",
          "[cron]") {
  CHECK_THAT(refusal_of("0 0 * * 5-1"), Contains("'5-1'") && Contains("write 5-6,0-1"));
  CHECK_THAT(refusal_of("0 0 1 11-2 *"), Contains("write 11-12,1-2"));
  CHECK_THAT(refusal_of("0 22-6 * * *"), Contains("write 22-23,0-6"));
}

TEST_CASE("L is the last day of the month, or one counted from it", "[cron]") {
  CHECK(days_of("0 0 L * *", 4) == texts{"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"});
  CHECK(days_of("0 0 l-2 * *", 2) == texts{"2026-01-29", "2026-02-26"});
  CHECK(days_of("0 0 1,L * *", 3) == texts{"2026-01-01", "2026-01-31", "2026-02-01"});
  CHECK(occurrences("0 0 L 2 *", "2027-01-01 00:00:00", 2) ==
        texts{"2027-02-28 00:00:00", "2028-02-29 00:00:00"});
}

TEST_CASE("W is the working day next to a date, in the same month", "[cron]") {
  CHECK(days_of("0 0 15W 2,3,8 *", 3) == texts{"2026-02-16", "2026-03-16", "2026-08-14"});
  CHECK(days_of("0 0 1w 1,2,8 *", 3) == texts{"2026-01-01", "2026-02-02", "2026-08-03"});
  CHECK(days_of("0 0 LW * *", 5) ==
        texts{"2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"});
  CHECK(days_of("0 0 31W * *", 3) == texts{"2026-01-30", "2026-03-31", "2026-05-29"});
}

TEST_CASE("a weekday with a number is that one of the month, with L the last", "[cron]") {
  CHECK(days_of("0 0 * * fri#2", 2) == texts{"2026-01-09", "2026-02-13"});
  CHECK(days_of("0 0 * * friL", 2) == texts{"2026-01-30", "2026-02-27"});
  CHECK(days_of("0 0 * * 5l", 2) == texts{"2026-01-30", "2026-02-27"});
  for (const auto* sunday : {"0#1", "7#1", "SUN#1"})
    CHECK(days_of(std::string{"0 0 * * "} + sunday, 2) == texts{"2026-01-04", "2026-02-01"});
  CHECK(days_of("0 0 * * mon#5", 1) == texts{"2026-03-30"});
  CHECK(days_of("0 0 * * mon#1,friL", 3) == texts{"2026-01-05", "2026-01-30", "2026-02-02"});
}

TEST_CASE("a restricted day of month and a numbered weekday match either of them", "[cron]") {
  CHECK(days_of("0 0 L * fri#1", 4) ==
        texts{"2026-01-02", "2026-01-31", "2026-02-06", "2026-02-28"});
}

TEST_CASE("a random number is selected by the seed, for ever", "[cron]") {
  const auto first = [](const std::string& line, std::uint64_t seed) {
    return occurrences(line, "2025-12-31 23:59:59", 1, seed).front();
  };
  CHECK(first("~ 3 * * *", 1) == "2026-01-01 03:09:00");
  CHECK(first("0~59 3 * * *", 2) == "2026-01-01 03:21:00");
  CHECK(first("~ 1~5 * * *", 3) == "2026-01-01 01:48:00");
  CHECK(occurrences("~/15 0 * * *", "2025-12-31 23:59:59", 5, 1) ==
        texts{"2026-01-01 00:09:00", "2026-01-01 00:24:00", "2026-01-01 00:39:00",
              "2026-01-01 00:54:00", "2026-01-02 00:09:00"});
}

TEST_CASE("a random number is in its range and differs from seed to seed", "[cron]") {
  std::set<std::string> minutes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto found = occurrences("20~39 ~2 * * ~", "2025-12-31 23:59:59", 2, seed);
    const auto minute = found[0].substr(14, 2);
    CHECK((minute >= "20" && minute <= "39"));
    CHECK((found[0].substr(11, 2) <= "02" && found[0].substr(10) == found[1].substr(10)));
    minutes.insert(minute);
  }
  CHECK(minutes.size() == 20);
}

TEST_CASE("two random numbers of one field are selected apart", "[cron]") {
  bool is_apart = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    is_apart |= occurrences("0~29,30~59 0 * * *", "2025-12-31 23:59:59", 2, seed)[1].substr(14) !=
                occurrences("30~59 0 * * *", "2025-12-31 23:59:59", 1, seed)[0].substr(14);
  CHECK(is_apart);
}

TEST_CASE("an interval is due at the multiples of its length", "[cron]") {
  for (const auto* line : {"@every 90s", "every 90s", "@EVERY 90s", "Every 90s", "90s", "1min30s"})
    CHECK(occurrences(line, "2026-01-01 00:00:00", 2) ==
          texts{"2026-01-01 00:01:30", "2026-01-01 00:03:00"});
  CHECK(occurrences("@every 7d", "2026-01-01 00:00:00", 1) == texts{"2026-01-08 00:00:00"});
  CHECK(occurrences("@every 7min", "1969-12-31 23:59:00", 1) == texts{"1970-01-01 00:00:00"});
  const auto berlin = cron_rule::parse({.line = "@every 1h", .zone = "Europe/Berlin"});
  auto at = utc_time("2026-03-28 23:00:00");
  for (int hour = 0; hour < 6; ++hour) {
    CHECK(berlin->next_after(at) == at + std::chrono::hours{1});
    at += std::chrono::hours{1};
  }
}

TEST_CASE("a malformed form is refused by naming what was expected", "[cron]") {
  for (const auto* day :
       {"L3", "W", "0W", "32W", "L-0", "L-31", "L-", "LL", "15WW", "3-5W", "15W/2"})
    CHECK_THAT(
        refusal_of("0 0 " + std::string{day} + " * *"),
        StartsWith("cron: field 3 (day of month) is '" + std::string{day} + "', expected L"));
  for (const auto* day : {"L", "fri#6", "fri#0", "#2", "fri#", "monday#1", "8#1", "fri#1#2"})
    CHECK_THAT(refusal_of("0 0 * * " + std::string{day}),
               StartsWith("cron: field 5 (day of week) is '" + std::string{day} + "', expected a"));
  for (const auto* minute : {"5~3", "1~2~3", "60~", "~60", "~/0", "a~b", "L", "5W", "5#1"})
    CHECK_THAT(refusal_of(std::string{minute} + " 0 * * *"), StartsWith("cron: field 1 (minute) "));
  for (const auto* interval :
       {"@every", "@every x", "@every 0", "@every 500ms", "@every 1.5s", "@every 367d", "0"})
    CHECK_THAT(refusal_of(interval), StartsWith("cron: '" + std::string{interval} + "' "));
}

TEST_CASE("@reboot has no computed times, and no zone", "[cron]") {
  for (const auto* line : {"@reboot", "@Reboot", " @REBOOT "}) {
    INFO(line);
    CHECK(is_boot_line(line));
    const auto rule = cron_rule::parse({.line = line, .zone = "Mars/Base"});
    REQUIRE(rule.ok());
    CHECK(rule->is_at_boot());
    CHECK(rule->next_after(utc_time("2026-01-01 00:00:00")) == std::nullopt);
  }
  for (const auto* line : {"@daily", "@reboot 5", "reboot", "* * * * *", ""})
    CHECK_FALSE(is_boot_line(line));
  CHECK_FALSE(cron_rule::parse({.line = "@daily"})->is_at_boot());
}

TEST_CASE("a refusal names the names of months and days, and what is no field", "[cron]") {
  CHECK_THAT(refusal_of("0 0 * * Monday"),
             Contains("'Monday', expected numbers or names like sun and mon, from 0 to 7"));
  CHECK_THAT(refusal_of("0 0 * 13 *"), Contains("names like jan and feb, from 1 to 12"));
  CHECK_THAT(refusal_of("CRON_TZ=Asia/Tokyo 30 4 * * *"), Contains("begins with a setting"));
  CHECK_THAT(refusal_of("hello"), Contains("has 1 field, expected"));
}
