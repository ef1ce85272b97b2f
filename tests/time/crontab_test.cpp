#include "time/crontab.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

std::vector<crontab_entry> entries_of(std::string_view text, bool has_user_column = false) {
  const auto entries = parse_crontab(text, has_user_column);
  INFO((entries ? "" : entries.error().what));
  REQUIRE(entries.ok());
  return *entries;
}

std::string error_of(std::string_view text, bool has_user_column = false) {
  const auto entries = parse_crontab(text, has_user_column);
  return entries ? "accepted" : entries.error().what;
}

} // namespace

TEST_CASE("an empty crontab has no entries", "[crontab]") {
  CHECK(entries_of("").empty());
  CHECK(entries_of("\n  \n# a remark\n   # another = one\n\n").empty());
}

TEST_CASE("an entry is a time and a command", "[crontab]") {
  const auto entries = entries_of("# nightly\n\n15  3\t* * 1-5   /usr/bin/backup --all  'a  b'\n");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].line_number == 3);
  CHECK(entries[0].when.line == "15 3 * * 1-5");
  CHECK(entries[0].when.zone == "UTC");
  CHECK(entries[0].user.empty());
  CHECK(entries[0].command == "/usr/bin/backup --all  'a  b'");
  CHECK(entries[0].stdin_text.empty());
  CHECK(entries[0].environment.empty());
}

TEST_CASE("the last line needs no line break, and CRLF is accepted", "[crontab]") {
  const auto entries = entries_of("* * * * * one\r\n@daily two");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].command == "one");
  CHECK(entries[1].when.line == "@daily");
  CHECK(entries[1].command == "two");
}

TEST_CASE("a system crontab names a user after the time", "[crontab]") {
  const auto entries = entries_of("17 * * * * root cd / && run\n@weekly  www-data  clean up", true);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].user == "root");
  CHECK(entries[0].command == "cd / && run");
  CHECK(entries[1].user == "www-data");
  CHECK(entries[1].command == "clean up");
}

TEST_CASE("a setting applies to the entries below it", "[crontab]") {
  const auto entries = entries_of("* * * * * before\n"
                                  "SHELL=/bin/bash\n"
                                  "PATH = /usr/bin:/bin\n"
                                  "MAILTO=\"\"\n"
                                  "'NAME' = ' kept '\n"
                                  "* * * * * between X=1\n"
                                  "SHELL=/bin/sh\n"
                                  "* * * * * after\n");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].environment.empty());
  CHECK(entries[1].environment ==
        std::map<std::string, std::string>{
            {"SHELL", "/bin/bash"}, {"PATH", "/usr/bin:/bin"}, {"MAILTO", ""}, {"NAME", " kept "}});
  CHECK(entries[1].command == "between X=1");
  CHECK(entries[2].environment.at("SHELL") == "/bin/sh");
}

TEST_CASE("CRON_TZ sets the zone of times, TZ does not", "[crontab]") {
  const auto entries = entries_of("TZ=Asia/Tokyo\n0 4 * * * one\n"
                                  "CRON_TZ=Europe/Berlin\n0 4 * * * two\n");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].when.zone == "UTC");
  CHECK(entries[1].when.zone == "Europe/Berlin");
  CHECK(entries[1].environment ==
        std::map<std::string, std::string>{{"TZ", "Asia/Tokyo"}, {"CRON_TZ", "Europe/Berlin"}});
}

TEST_CASE("the first percent sign begins the standard input, others break its lines", "[crontab]") {
  const auto entries = entries_of("0 0 * * * mail -s 'hi' joe%Joe,%%Where are your kids?%\n"
                                  "0 0 * * * cat%no end\n"
                                  "0 0 * * * cat%\n");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].command == "mail -s 'hi' joe");
  CHECK(entries[0].stdin_text == "Joe,\n\nWhere are your kids?\n");
  CHECK(entries[1].stdin_text == "no end\n");
  CHECK(entries[2].command == "cat");
  CHECK(entries[2].stdin_text.empty());
}

TEST_CASE("an escaped percent sign is a plain one", "[crontab]") {
  const auto entries = entries_of(R"(0 0 * * * date +\%F\%T a\b%50\% off)");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].command == R"(date +%F%T a\b)");
  CHECK(entries[0].stdin_text == "50% off\n");
}

TEST_CASE("a malformed line is refused by its number", "[crontab]") {
  CHECK(
      error_of("\n0 25 * * * run").starts_with("crontab: line 2: cron: field 2 (hour) is '25', "));
  CHECK(error_of("* * * * * ok\n@reboot run") ==
        "crontab: line 2: '@reboot' names no time, expected five fields or a name like '@daily'");
  CHECK(error_of("CRON_TZ=Mars/Base\n0 0 * * * run").starts_with("crontab: line 2: cron: zone"));
  CHECK(error_of("0 0 * *").starts_with("crontab: line 1: cron: "));
  CHECK(error_of("hello").starts_with("crontab: line 1: cron: "));
}

TEST_CASE("an entry without a command is refused", "[crontab]") {
  CHECK(error_of("0 0 * * *") == "crontab: line 1: expected a command after the time");
  CHECK(error_of("0 0 * * * %text") == "crontab: line 1: expected a command after the time");
  CHECK(error_of("0 0 * * * root", true) ==
        "crontab: line 1: expected a user and a command after the time");
}
