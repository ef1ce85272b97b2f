#include "time/cron_remarks.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;
using Catch::Matchers::Contains;

namespace {

// 2026-01-01 00:00:00 UTC.
constexpr instant new_year = instant_of_ms(1'767'225'600'000);

using remarks = std::vector<std::string>;

remarks remarks_on(const std::string& line, const std::string& zone = "UTC") {
  return cron_remarks({.line = line, .zone = zone}, 0, new_year);
}

} // namespace

TEST_CASE("there is nothing to remark on a plain line", "[cron]") {
  for (const auto* line : {"0 4 * * *", "*/5 * * * *", "*/15 */6 1 * *", "0 0 * * fri-mon",
                           "@daily", "@every 7min", "*/20 * * * * *", "0 0 L * *", "0 0 ? * mon#1",
                           "0 0 1 * ?", "* * */1 * 1", "*/7,59 * * * *"})
    CHECK(remarks_on(line).empty());
}

TEST_CASE("there is nothing to remark on a malformed line", "[cron]") {
  for (const auto* line : {"", "61 * * * *", "*/7 * * *", "@reboot 5"})
    CHECK(remarks_on(line).empty());
  CHECK(remarks_on("*/7 * * * *", "Mars/Base").empty());
}

TEST_CASE("that one machine of a cluster runs a schedule at boot is remarked on", "[cron]") {
  CHECK(remarks_on("@reboot", "Mars/Base") ==
        remarks{"the machine that serves the schedule runs it when it boots: in a cluster one "
                "machine, not each of them"});
}

TEST_CASE("two restricted day fields are remarked on", "[cron]") {
  CHECK(remarks_on("0 0 13 * fri") ==
        remarks{"a day that matches either '13' or 'fri' matches, not only one that matches both"});
  CHECK(remarks_on("0 0 */10 * mon").at(0) ==
        "a day must match both '*/10' and 'mon', because one of them begins with '*'");
}

TEST_CASE("uneven and idle steps are remarked on", "[cron]") {
  CHECK(remarks_on("*/7 * * * *") == remarks{"the step of '*/7' (minute) starts again each hour: "
                                             "the last one is 4 instead of 7"});
  CHECK(remarks_on("0 */5 * * *") == remarks{"the step of '*/5' (hour) starts again each day: "
                                             "the last one is 4 instead of 5"});
  CHECK(remarks_on("*/90 * * * *") == remarks{"the step of '*/90' (minute) is greater than the "
                                              "field: it matches once each hour"});
  CHECK_THAT(remarks_on("*/59 0 * * * *").at(0), Contains("'*/59' (second)"));
  CHECK_THAT(remarks_on("* */36 * * *").at(0), Contains("it matches once each day"));
  CHECK_THAT(remarks_on("0 0 */2 * *").at(0), Contains("starts again on the first of each month"));
}

TEST_CASE("a time that the clocks skip or repeat is remarked on", "[cron][dst]") {
  CHECK(remarks_on("30 2 * * *", "Europe/Berlin") ==
        remarks{"on 2026-03-29 the clocks of Europe/Berlin go from 02:00 to 03:00: a run in "
                "between is at 03:00",
                "on 2026-10-25 the clocks of Europe/Berlin go from 03:00 to 02:00: a time that "
                "occurs twice has a run the first time only"});
  CHECK(remarks_on("30 1 * * *", "Europe/Berlin").empty());
  CHECK(remarks_on("30 2 * 6 *", "Europe/Berlin").empty());
  CHECK(remarks_on("30 2 * * *", "Asia/Tokyo").empty());
  CHECK(remarks_on("@hourly", "Europe/Berlin").empty());
  CHECK(remarks_on("*/10 * * * *", "Europe/Berlin").empty());
}

TEST_CASE("a skipped run that no policy makes up for is remarked on", "[cron][dst]") {
  const auto found = remarks_on("0 */12 * * *", "Africa/Cairo");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Contains("the clocks of Africa/Cairo go from 00:00 to 01:00: a run in "
                                "between is left out, because the hour begins with '*'; "
                                "'0 0-23/12 * * *' has it at 01:00"));
  CHECK_THAT(remarks_on("0 0-23/12 * * *", "Africa/Cairo").at(0),
             Contains("a run in between is at 01:00"));
}

TEST_CASE("a policy that was chosen is not remarked on", "[cron][dst]") {
  CHECK(cron_remarks({.line = "30 2 * * *",
                      .zone = "Europe/Berlin",
                      .gap = gap_policy::skip,
                      .repeated_hour = repeated_hour_policy::both},
                     0, new_year)
            .empty());
}
