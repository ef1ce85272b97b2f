#include "time/cron.hpp"

#include <catch2/catch.hpp>
#include <date/tz.h>

#include <functional>
#include <sstream>
#include <vector>

using namespace belfry;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace std::chrono_literals;

namespace {

instant utc(const std::string& text) {
  std::istringstream in{text};
  date::sys_seconds at;
  in >> date::parse("%F %T", at);
  REQUIRE_FALSE(in.fail());
  return at;
}

cron_rule rule_of(const cron_spec& spec) {
  const auto rule = cron_rule::parse(spec);
  INFO((rule ? "" : rule.error().what));
  REQUIRE(rule.ok());
  return *rule;
}

std::string error_of(const std::string& line, const std::string& zone = "UTC") {
  const auto rule = cron_rule::parse({.line = line, .zone = zone});
  return rule ? "accepted" : rule.error().what;
}

/// The first `count` occurrences after `after`, in UTC.
std::vector<std::string> times(const cron_spec& spec, const std::string& after, int count) {
  const auto rule = rule_of(spec);
  std::vector<std::string> found;
  for (auto next = rule.next_after(utc(after)); next && count-- > 0; next = rule.next_after(*next))
    found.push_back(date::format("%F %T", date::floor<std::chrono::seconds>(*next)));
  return found;
}

using strings = std::vector<std::string>;
constexpr auto run_after = gap_policy::run_after;
constexpr auto first = repeated_hour_policy::first;
constexpr auto both = repeated_hour_policy::both;

} // namespace

TEST_CASE("five fields are minute, hour, day of month, month and day of week", "[cron]") {
  CHECK(times({.line = "30 4 * * *"}, "2026-01-01 00:00:00", 2) ==
        strings{"2026-01-01 04:30:00", "2026-01-02 04:30:00"});
  CHECK(times({.line = "0 0 15 6 *"}, "2026-01-01 00:00:00", 1) == strings{"2026-06-15 00:00:00"});
  CHECK(times({.line = "0 9 * * 1"}, "2026-01-01 00:00:00", 1) == strings{"2026-01-05 09:00:00"});
}

TEST_CASE("six fields begin with the second", "[cron]") {
  CHECK(times({.line = "*/20 0 0 * * *"}, "2026-01-01 00:00:00", 3) ==
        strings{"2026-01-01 00:00:20", "2026-01-01 00:00:40", "2026-01-02 00:00:00"});
}

TEST_CASE("lists, ranges, steps and names may be combined", "[cron]") {
  CHECK(times({.line = "5,10-14/2 8 * JAN,mar MON-WED"}, "2026-01-01 00:00:00", 5) ==
        strings{"2026-01-05 08:05:00", "2026-01-05 08:10:00", "2026-01-05 08:12:00",
                "2026-01-05 08:14:00", "2026-01-06 08:05:00"});
  CHECK(times({.line = "50/5 0 * * ?"}, "2026-01-01 00:00:00", 2) ==
        strings{"2026-01-01 00:50:00", "2026-01-01 00:55:00"});
}

TEST_CASE("Sunday is 0, 7 and SUN", "[cron]") {
  for (const auto* day : {"0", "7", "SUN", "sun", "7-7"})
    CHECK(times({.line = std::string{"0 0 * * "} + day}, "2026-01-01 00:00:00", 2) ==
          strings{"2026-01-04 00:00:00", "2026-01-11 00:00:00"});
  CHECK(times({.line = "0 0 * * 5-7"}, "2026-01-01 00:00:00", 4) ==
        strings{"2026-01-02 00:00:00", "2026-01-03 00:00:00", "2026-01-04 00:00:00",
                "2026-01-09 00:00:00"});
}

TEST_CASE("an @name stands for a line", "[cron]") {
  const auto next = [](const std::string& name) {
    return times({.line = name}, "2026-02-03 04:05:06", 1).front();
  };
  CHECK(next("@yearly") == "2027-01-01 00:00:00");
  CHECK(next("@annually") == "2027-01-01 00:00:00");
  CHECK(next("@monthly") == "2026-03-01 00:00:00");
  CHECK(next("@weekly") == "2026-02-08 00:00:00");
  CHECK(next("@daily") == "2026-02-04 00:00:00");
  CHECK(next("@midnight") == "2026-02-04 00:00:00");
  CHECK(next("@hourly") == "2026-02-03 05:00:00");
}

TEST_CASE("if both day fields are restricted, either matches", "[cron]") {
  CHECK(times({.line = "0 0 13 * FRI"}, "2026-01-08 00:00:00", 3) ==
        strings{"2026-01-09 00:00:00", "2026-01-13 00:00:00", "2026-01-16 00:00:00"});
}

TEST_CASE("if a day field begins with a star, both must match", "[cron]") {
  CHECK(times({.line = "0 0 */10 * MON"}, "2026-01-01 00:00:00", 3) ==
        strings{"2026-05-11 00:00:00", "2026-06-01 00:00:00", "2026-08-31 00:00:00"});
}

TEST_CASE("an occurrence is strictly later than the instant asked about", "[cron]") {
  const auto rule = rule_of({.line = "* * * * *"});
  CHECK(rule.next_after(utc("2026-01-01 00:00:00")) == utc("2026-01-01 00:01:00"));
  CHECK(rule.next_after(utc("2026-01-01 00:01:00") - 1ms) == utc("2026-01-01 00:01:00"));
  CHECK(rule.next_after(utc("2026-01-01 00:01:00") + 1ms) == utc("2026-01-01 00:02:00"));
  CHECK(rule.next_after(utc("1960-01-01 00:00:00") + 1ms) == utc("1960-01-01 00:01:00"));
}

TEST_CASE("29 February is found years away, also across the year 2100", "[cron]") {
  CHECK(times({.line = "0 0 29 2 *"}, "2024-02-29 00:00:00", 2) ==
        strings{"2028-02-29 00:00:00", "2032-02-29 00:00:00"});
  CHECK(times({.line = "0 0 29 2 *"}, "2096-02-29 00:00:00", 1) == strings{"2104-02-29 00:00:00"});
  CHECK(times({.line = "0 0 29 2 */7"}, "2032-02-29 00:00:00", 1) ==
        strings{"2060-02-29 00:00:00"});
}

TEST_CASE("a date that never comes has no next occurrence", "[cron]") {
  const auto rule = cron_rule::parse({.line = "0 0 30 2 *"});
  CHECK((!rule || !rule->next_after(utc("2026-01-01 00:00:00"))));
  CHECK(times({.line = "0 0 30 2 MON"}, "2026-01-01 00:00:00", 1) ==
        strings{"2026-02-02 00:00:00"});
}

TEST_CASE("the most remote instants are answered without overflow", "[cron]") {
  const auto rule = rule_of({.line = "0 0 1 1 *", .zone = "Europe/Berlin"});
  CHECK_FALSE(rule.next_after(instant_max));
  CHECK_FALSE(rule.next_after(utc("9500-01-01 00:00:00")));
  CHECK(rule.next_after(instant::min()).has_value());
}

TEST_CASE("a malformed line is refused by naming the field", "[cron]") {
  CHECK_THAT(error_of("0 25 * * *"),
             StartsWith("cron: field 2 (hour) is '25', ") && EndsWith(" from 0 to 23"));
  CHECK_THAT(error_of("60 * * * *"),
             StartsWith("cron: field 1 (minute) is '60', ") && EndsWith(" from 0 to 59"));
  CHECK_THAT(error_of("60 * * * * *"),
             StartsWith("cron: field 1 (second) is '60', ") && EndsWith(" from 0 to 59"));
  CHECK(error_of("0 0 0 * *").find("field 3 (day of month)") != std::string::npos);
  CHECK(error_of("0 0 * 13 *").find("field 4 (month)") != std::string::npos);
  CHECK(error_of("0 0 * * 8").find("field 5 (day of week)") != std::string::npos);
  CHECK(error_of("0 0 0 * * 8").find("field 6 (day of week)") != std::string::npos);
  for (const auto* field : {"", "x", "1,", ",1", "1-", "-1", "5-3", "*/0", "*/", "1/2/3", "1-2-3",
                            "+1", "0x1", "99999999999", "1.5", "MON"})
    CHECK(error_of(std::string{field} + " 0 1 1 *").starts_with("cron: "));
}

TEST_CASE("a line with too few or too many fields is refused", "[cron]") {
  for (const auto* line : {"", "   ", "* * * *", "* * * * * * *", "@sometimes", "@reboot 5"})
    CHECK(error_of(line).starts_with("cron: "));
}

TEST_CASE("an unknown zone is refused by name", "[cron]") {
  CHECK_THAT(
      error_of("* * * * *", "Mars/Base"),
      StartsWith("cron: zone 'Mars/Base' is not in the time-zone database, expected a name"));
  CHECK(error_of("* * * * *", "") != "accepted");
  CHECK(error_of("* * * * *", "../../etc/passwd") != "accepted");
}

TEST_CASE("a skipped local time runs at the end of the gap or not that day", "[cron][dst]") {
  cron_spec berlin{.line = "30 2 * * *", .zone = "Europe/Berlin"};
  CHECK(times(berlin, "2026-03-28 12:00:00", 2) ==
        strings{"2026-03-29 01:00:00", "2026-03-30 00:30:00"});
  berlin.gap = gap_policy::skip;
  CHECK(times(berlin, "2026-03-28 12:00:00", 1) == strings{"2026-03-30 00:30:00"});

  cron_spec new_york{.line = "30 2 * * *", .zone = "America/New_York"};
  CHECK(times(new_york, "2026-03-07 12:00:00", 2) ==
        strings{"2026-03-08 07:00:00", "2026-03-09 06:30:00"});
  new_york.gap = gap_policy::skip;
  CHECK(times(new_york, "2026-03-07 12:00:00", 1) == strings{"2026-03-09 06:30:00"});
}

TEST_CASE("a repeated local time runs the first time or both times", "[cron][dst]") {
  cron_spec berlin{.line = "30 2 * * *", .zone = "Europe/Berlin"};
  CHECK(times(berlin, "2026-10-24 12:00:00", 2) ==
        strings{"2026-10-25 00:30:00", "2026-10-26 01:30:00"});
  berlin.repeated_hour = both;
  CHECK(times(berlin, "2026-10-24 12:00:00", 3) ==
        strings{"2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-26 01:30:00"});

  cron_spec new_york{.line = "30 1 * * *", .zone = "America/New_York"};
  CHECK(times(new_york, "2026-10-31 12:00:00", 2) ==
        strings{"2026-11-01 05:30:00", "2026-11-02 06:30:00"});
  new_york.repeated_hour = both;
  CHECK(times(new_york, "2026-10-31 12:00:00", 2) ==
        strings{"2026-11-01 05:30:00", "2026-11-01 06:30:00"});
}

TEST_CASE("a search within the repeated hour does not find a time of the first pass",
          "[cron][dst]") {
  CHECK(times({.line = "30 2 * * *", .zone = "Europe/Berlin"}, "2026-10-25 01:10:00", 1) ==
        strings{"2026-10-26 01:30:00"});
  CHECK(times({.line = "0 2,3 * * *", .zone = "Europe/Berlin"}, "2026-10-25 00:00:00", 2) ==
        strings{"2026-10-25 02:00:00", "2026-10-26 01:00:00"});
}

TEST_CASE("all matches within one gap make one occurrence", "[cron][dst]") {
  CHECK(times({.line = "*/10 2,3 * * *", .zone = "Europe/Berlin"}, "2026-03-29 00:59:59", 3) ==
        strings{"2026-03-29 01:00:00", "2026-03-29 01:10:00", "2026-03-29 01:20:00"});
}

TEST_CASE("an hourly job runs once per elapsed hour whatever the clocks do", "[cron][dst]") {
  for (const auto gap : {run_after, gap_policy::skip})
    for (const auto repeated : {first, both})
      for (const auto* zone : {"Europe/Berlin", "America/New_York"}) {
        const auto rule = rule_of({"0 * * * *", zone, gap, repeated});
        auto expected = utc("2026-01-01 00:00:00");
        for (int hour = 0; hour < 365 * 24; ++hour) {
          const auto next = rule.next_after(expected);
          expected += 1h;
          REQUIRE(next == expected);
        }
      }
}

TEST_CASE("a midnight that the clocks skip runs at one o'clock", "[cron][dst]") {
  CHECK(times({.line = "@daily", .zone = "Africa/Cairo"}, "2025-04-24 12:00:00", 2) ==
        strings{"2025-04-24 22:00:00", "2025-04-25 21:00:00"});
}

TEST_CASE("a day that a zone skips runs once", "[cron][dst]") {
  CHECK(times({.line = "0 12 * * *", .zone = "Pacific/Apia"}, "2011-12-29 22:30:00", 2) ==
        strings{"2011-12-30 10:00:00", "2011-12-30 22:00:00"});
}

TEST_CASE("Lord Howe's clocks change by half an hour", "[cron][dst]") {
  cron_spec spec{.line = "15 2 * * *", .zone = "Australia/Lord_Howe"};
  CHECK(times(spec, "2026-10-03 00:00:00", 2) ==
        strings{"2026-10-03 15:30:00", "2026-10-04 15:15:00"});
  spec.line = "45 1 * * *";
  CHECK(times(spec, "2026-04-04 12:00:00", 2) ==
        strings{"2026-04-04 14:45:00", "2026-04-05 15:15:00"});
  spec.repeated_hour = both;
  CHECK(times(spec, "2026-04-04 12:00:00", 2) ==
        strings{"2026-04-04 14:45:00", "2026-04-04 15:15:00"});
}

namespace {

struct wall_time {
  int minute, hour, day, month, weekday;
};

struct reference {
  const char* line;
  bool follows_elapsed_time;
  std::function<bool(const wall_time&)> matches;
};

wall_time wall(date::local_seconds at) {
  const auto day = date::floor<date::days>(at);
  const date::year_month_day date{day};
  const auto minutes = static_cast<int>((at - day).count() / 60);
  return {minutes % 60, minutes / 60, static_cast<int>(unsigned{date.day()}),
          static_cast<int>(unsigned{date.month()}),
          static_cast<int>(date::weekday{day}.c_encoding())};
}

/// Every occurrence in [begin, end), found by checking each minute.
std::vector<instant> by_brute_force(const reference& expected, const cron_spec& spec,
                                    date::sys_seconds begin, date::sys_seconds end) {
  const auto* zone = date::locate_zone(spec.zone);
  std::vector<instant> found;
  auto shown_before = zone->to_local(begin - 1min);
  for (auto at = begin; at < end; at += 1min) {
    const auto shown = zone->to_local(at);
    bool is_due = expected.matches(wall(shown));
    if (!expected.follows_elapsed_time) {
      const auto info = zone->get_info(shown);
      if (spec.repeated_hour == first && info.result == date::local_info::ambiguous)
        is_due = is_due && at == date::sys_seconds{shown.time_since_epoch() - info.first.offset};
      if (spec.gap == run_after)
        for (auto skipped = shown_before + 1min; skipped < shown; skipped += 1min)
          is_due = is_due || expected.matches(wall(skipped));
    }
    if (is_due)
      found.emplace_back(at);
    shown_before = shown;
  }
  return found;
}

const std::vector<reference> references = {
    {"*/15 * * * *", true, [](const wall_time& t) { return t.minute % 15 == 0; }},
    {"7 */2 * * *", true, [](const wall_time& t) { return t.minute == 7 && t.hour % 2 == 0; }},
    {"30 2 * * *", false, [](const wall_time& t) { return t.minute == 30 && t.hour == 2; }},
    {"*/20 1-3 * * *", false,
     [](const wall_time& t) { return t.minute % 20 == 0 && t.hour >= 1 && t.hour <= 3; }},
    {"0 0,1,2,3 1-7,25-31 3,4,10,11 SUN", false,
     [](const wall_time& t) {
       const bool month = t.month == 3 || t.month == 4 || t.month == 10 || t.month == 11;
       return t.minute == 0 && t.hour <= 3 && month &&
              (t.day <= 7 || t.day >= 25 || t.weekday == 0);
     }},
    {"59 23 31 * *", false,
     [](const wall_time& t) { return t.minute == 59 && t.hour == 23 && t.day == 31; }},
};

} // namespace

TEST_CASE("a year of occurrences equals a check of every single minute", "[cron][dst]") {
  const date::sys_seconds begin = date::sys_days{date::year{2026} / 1 / 1};
  const date::sys_seconds end = date::sys_days{date::year{2027} / 1 / 1};
  for (const auto& expected : references)
    for (const auto* zone : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"})
      for (const auto gap : {run_after, gap_policy::skip})
        for (const auto repeated : {first, both}) {
          const cron_spec spec{expected.line, zone, gap, repeated};
          const auto rule = rule_of(spec);
          std::vector<instant> found;
          for (auto next = rule.next_after(begin - 1s); next && *next < end;
               next = rule.next_after(*next))
            found.push_back(*next);
          INFO(spec.line << " in " << zone);
          CHECK(found == by_brute_force(expected, spec, begin, end));
        }
}

TEST_CASE("occurrences are the same wherever the search begins", "[cron][dst]") {
  const auto rule = rule_of({.line = "15,45 1,2 * * *", .zone = "Europe/Berlin"});
  for (const auto* day : {"2026-03-28 20:00:00", "2026-10-24 20:00:00"}) {
    auto next = rule.next_after(utc(day));
    for (auto at = utc(day); at < utc(day) + 12h; at += 1min) {
      if (at >= *next)
        next = rule.next_after(*next);
      CHECK(rule.next_after(at) == next);
    }
  }
}
