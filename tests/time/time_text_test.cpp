#include "time/time_text.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

std::string duration_error(std::string_view text) {
  const auto read = parse_duration(text);
  return read ? "accepted" : read.error().what;
}

std::string instant_error(std::string_view text, const std::string& zone = "UTC") {
  const auto read = parse_instant(text, zone);
  return read ? "accepted" : read.error().what;
}

std::string read_back(std::string_view text, const std::string& zone = "UTC") {
  const auto read = parse_instant(text, zone);
  return read ? format_utc(*read) : read.error().what;
}

} // namespace

TEST_CASE("a length of time is a number with a unit", "[text]") {
  CHECK(*parse_duration("250ms") == 250ms);
  CHECK(*parse_duration("5s") == 5s);
  CHECK(*parse_duration("5m") == 5min);
  CHECK(*parse_duration("10min") == 10min);
  CHECK(*parse_duration("2h") == 2h);
  CHECK(*parse_duration("3d") == 72h);
  CHECK(*parse_duration("1w") == 168h);
  CHECK(*parse_duration("0") == 0s);
}

TEST_CASE("units may be joined, greatest first, and have fractions", "[text]") {
  CHECK(*parse_duration("1h30min") == 90min);
  CHECK(*parse_duration("1d2h3m4s5ms") == 26h + 3min + 4s + 5ms);
  CHECK(*parse_duration("1.5h") == 90min);
  CHECK(*parse_duration("0.25s") == 250ms);
}

TEST_CASE("a malformed length of time is refused with the reason", "[text]") {
  CHECK(duration_error("").find("it is empty") != std::string::npos);
  CHECK(duration_error("5").find("'5' is not a length of time: a unit is missing after '5'") == 0);
  CHECK(duration_error("5x").find("there is no unit 'x'") != std::string::npos);
  CHECK(duration_error("-5s").find("a number is missing at '-5s'") != std::string::npos);
  CHECK(duration_error("s").find("a number is missing") != std::string::npos);
  CHECK(duration_error(".5s").find("a number is missing") != std::string::npos);
  CHECK(duration_error("1e3s").find("there is no unit 'e'") != std::string::npos);
  CHECK(duration_error("1s2h").find("'h' comes after a smaller unit") != std::string::npos);
  CHECK(duration_error("1m2min").find("comes after a smaller unit") != std::string::npos);
  CHECK(duration_error("5s ").find("a number is missing at ' '") != std::string::npos);
  CHECK(duration_error("999999999w").find("a thousand years") != std::string::npos);
  CHECK(duration_error("5").find("expected one like 30s, 10min") != std::string::npos);
  CHECK(duration_error("0.0001s").find("shorter than a millisecond") != std::string::npos);
  CHECK(*parse_duration("0.0s") == 0s);
}

TEST_CASE("a length of time is written in two units at most", "[text]") {
  CHECK(format_duration(0ms) == "0ms");
  CHECK(format_duration(999ms) == "999ms");
  CHECK(format_duration(1s) == "1s");
  CHECK(format_duration(1550ms) == "1.5s");
  CHECK(format_duration(60s) == "1min");
  CHECK(format_duration(90s) == "1min 30s");
  CHECK(format_duration(2h + 5min + 7s) == "2h 5min");
  CHECK(format_duration(72h + 30min) == "3d");
  CHECK(format_duration(76h) == "3d 4h");
  CHECK(format_duration(-90s) == "-1min 30s");
  CHECK(format_duration(duration::min()).substr(1) == format_duration(duration::max()));
}

TEST_CASE("an exact length of time is written in one unit and read back", "[text]") {
  CHECK(format_exact_duration(1500ms) == "1500ms");
  CHECK(format_exact_duration(90s) == "90s");
  CHECK(format_exact_duration(5min) == "5min");
  CHECK(format_exact_duration(36h) == "36h");
  CHECK(format_exact_duration(72h) == "3d");
  for (const duration span : {duration{0}, duration{1}, duration{61'001}, duration{86'400'000}})
    CHECK(*parse_duration(format_exact_duration(span)) == span);
}

TEST_CASE("an instant with an offset means the same everywhere", "[text]") {
  CHECK(read_back("2026-11-24T12:00:00Z", "Asia/Tokyo") == "2026-11-24T12:00:00.000Z");
  CHECK(read_back("2026-11-24T12:00:00+01:00") == "2026-11-24T11:00:00.000Z");
  CHECK(read_back("2026-11-24T12:00:00-0330") == "2026-11-24T15:30:00.000Z");
  CHECK(read_back("2026-11-24 12:00 +01") == "2026-11-24T11:00:00.000Z");
  CHECK(read_back("2026-11-24T12:00:00.25Z") == "2026-11-24T12:00:00.250Z");
  CHECK(read_back("1969-12-31T23:59:59.999Z") == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("an offset has hours and minutes of a day", "[text]") {
  CHECK(read_back("2026-11-24T12:00+23:59") == "2026-11-23T12:01:00.000Z");
  for (const auto* offset : {"+24:00", "+99:99", "-01:60", "+01:", "+1", "+01:5"}) {
    INFO(offset);
    CHECK(instant_error("2026-11-24T12:00" + std::string{offset})
              .find("the offset '" + std::string{offset} + "' is not one from -23:59 to +23:59") !=
          std::string::npos);
  }
}

TEST_CASE("an instant without an offset is local time", "[text]") {
  CHECK(read_back("2026-11-24 12:00", "Europe/Berlin") == "2026-11-24T11:00:00.000Z");
  CHECK(read_back("2026-07-01T12:00:30", "Europe/Berlin") == "2026-07-01T10:00:30.000Z");
  CHECK(read_back("2026-11-24", "America/New_York") == "2026-11-24T05:00:00.000Z");
}

TEST_CASE("a local time that the clocks skip or repeat is refused", "[text]") {
  CHECK(instant_error("2026-03-29 02:30", "Europe/Berlin").find("clocks of Europe/Berlin skip") !=
        std::string::npos);
  CHECK(instant_error("2026-10-25 02:30", "Europe/Berlin").find("it occurs twice") !=
        std::string::npos);
  CHECK(read_back("2026-10-25 02:30+01:00", "Europe/Berlin") == "2026-10-25T01:30:00.000Z");
}

TEST_CASE("a malformed instant is refused with the reason", "[text]") {
  CHECK(instant_error("tomorrow").find("'tomorrow' is not a point in time") == 0);
  CHECK(instant_error("2026-02-30").find("there is no such day") != std::string::npos);
  CHECK(instant_error("2026-13-01").find("there is no such day") != std::string::npos);
  CHECK(instant_error("2026-11-24T24:00").find("hours go to 23") != std::string::npos);
  CHECK(instant_error("2026-11-24T9:00").find("hour of two digits") != std::string::npos);
  CHECK(instant_error("2026-11-24T09:00:").find("second of two digits") != std::string::npos);
  CHECK(instant_error("2026-11-24T09:00:00.").find("decimal point") != std::string::npos);
  CHECK(instant_error("2026-11-24T09:00 x").find("'x' is not expected") != std::string::npos);
  CHECK(instant_error("2026-11-24", "Mars/Base").find("no time zone 'Mars/Base'") !=
        std::string::npos);
}

TEST_CASE("an instant is written in local time with its offset", "[text]") {
  const auto noon = *parse_instant("2026-11-24T12:00:00Z", "UTC");
  CHECK(*format_instant(noon, "Europe/Berlin") == "2026-11-24 13:00:00 +01:00");
  CHECK(*format_instant(noon + 7ms, "America/St_Johns") == "2026-11-24 08:30:00.007 -03:30");
  CHECK(*format_instant(noon, "UTC") == "2026-11-24 12:00:00 +00:00");
  CHECK_FALSE(format_instant(noon, "Mars/Base").ok());
}

TEST_CASE("an instant is read as it was written", "[text]") {
  for (const auto& zone : {"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"})
    for (std::int64_t ms = -3'000'000'000'000; ms < 4'000'000'000'000; ms += 98'765'432'101) {
      const auto at = instant_of_ms(ms / 60'000 * 60'000 + ms % 1'000);
      INFO(zone << " " << format_utc(at));
      CHECK(*parse_instant(format_utc(at), zone) == at);
      if (ms > 0)
        CHECK(*parse_instant(*format_instant(at, zone), "Asia/Tokyo") == at);
    }
}
