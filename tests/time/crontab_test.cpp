#include "time/crontab.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

namespace {

std::vector<crontab_entry> entries_of(std::string_view text, bool has_user_column = false) {
  const auto read = read_crontab(text, has_user_column);
  INFO((read.problems.empty() ? "" : read.problems[0].what));
  REQUIRE(read.problems.empty());
  return read.entries;
}

std::string problem_of(std::string_view text, bool has_user_column = false) {
  const auto read = read_crontab(text, has_user_column);
  REQUIRE(read.problems.size() == 1);
  return std::to_string(read.problems[0].line_number) + ": " + read.problems[0].what;
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

TEST_CASE("a malformed line is a problem with its number", "[crontab]") {
  CHECK(problem_of("\n0 25 * * * run").starts_with("2: cron: field 2 (hour) is '25', "));
  CHECK(problem_of("* * * * * ok\n@sometimes run").starts_with("2: cron: '@sometimes' has 1 "));
  CHECK(problem_of("CRON_TZ=Mars/Base\n0 0 * * * run").starts_with("2: cron: zone"));
  CHECK(problem_of("0 0 * *").starts_with("1: cron: "));
  CHECK(problem_of("hello").starts_with("1: cron: "));
  CHECK(problem_of("@every x run").starts_with("1: cron: '@every x' names no interval"));
}

TEST_CASE("a line at boot is read like any other", "[crontab]") {
  for (const std::string word : {"@reboot", "@Reboot", "@REBOOT"}) {
    const auto entries = entries_of("RANDOM_DELAY=5\n" + word + " anna run @reboot 5\n", true);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].when.line == word);
    CHECK(entries[0].user == "anna");
    CHECK(entries[0].command == "run @reboot 5");
    CHECK(entries[0].delay_max == std::chrono::minutes{5});
  }
  CHECK(problem_of("@reboot") == "1: expected a command after the time");
}

TEST_CASE("an entry without a command is a problem", "[crontab]") {
  CHECK(problem_of("0 0 * * *") == "1: expected a command after the time");
  CHECK(problem_of("90s") == "1: expected a command after the time");
  CHECK(problem_of("0 0 * * * %text") == "1: expected a command after the time");
  CHECK(problem_of("0 0 * * * root", true) == "1: expected a user and a command after the time");
}

TEST_CASE("all problems are told, and the other lines are read", "[crontab]") {
  const auto read =
      read_crontab("61 * * * * a\n@daily b\n@sometimes c\n0 0 * * *\n@hourly d\n", false);
  REQUIRE(read.problems.size() == 3);
  CHECK(read.problems[0].line_number == 1);
  CHECK(read.problems[1].line_number == 3);
  CHECK(read.problems[2].line_number == 4);
  REQUIRE(read.entries.size() == 2);
  CHECK(read.entries[0].command == "b");
  CHECK(read.entries[1].command == "d");
}

TEST_CASE("a byte order mark and the minus before a time mean nothing", "[crontab]") {
  const auto entries = entries_of("\xEF\xBB\xBF-*/15 * * * * root  run\n-@daily root stop\n", true);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].when.line == "*/15 * * * *");
  CHECK(entries[0].user == "root");
  CHECK(entries[1].when.line == "@daily");
  CHECK(entries_of("\xEF\xBB\xBFX=1\n@daily a\n")[0].environment.at("X") == "1");
}

TEST_CASE("an interval in a crontab has one word", "[crontab]") {
  const auto entries = entries_of("@every 90s run 5 x\n");
  CHECK(entries[0].when.line == "@every 90s");
  CHECK(entries[0].command == "run 5 x");
  CHECK(entries_of("@Every 90s run\n")[0].when.line == "@Every 90s");
}

TEST_CASE("the name of a setting may have any sign but blanks and quotes", "[crontab]") {
  const auto entries = entries_of("foo-bar=1\na.b = 2\n_c=3\n@daily env\n");
  CHECK(entries[0].environment ==
        std::map<std::string, std::string>{{"foo-bar", "1"}, {"a.b", "2"}, {"_c", "3"}});
  CHECK(problem_of("0=1\n").starts_with("1: cron: "));
  CHECK(problem_of("*/5 * * * x=1\n").starts_with("1: cron: "));
}

TEST_CASE("RANDOM_DELAY delays the runs of the lines below it, in minutes", "[crontab]") {
  const auto entries =
      entries_of("@daily a\nRANDOM_DELAY=45\n@daily b\nRANDOM_DELAY=0\n@daily c\n");
  CHECK(entries[0].delay_max == duration{0});
  CHECK(entries[1].delay_max == std::chrono::minutes{45});
  CHECK(entries[2].delay_max == duration{0});
  for (const auto* delay : {"-1", "1h", "", "1441", "99999999999"})
    CHECK(problem_of("RANDOM_DELAY=" + std::string{delay} + "\n@daily a\n") ==
          "1: RANDOM_DELAY is '" + std::string{delay} + "', expected minutes from 0 to 1440");
}

TEST_CASE("a bad RANDOM_DELAY is left out like any other bad line", "[crontab]") {
  const auto read = read_crontab("RANDOM_DELAY=45\nRANDOM_DELAY=1h\n@daily a\n", false);
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems[0].line_number == 2);
  REQUIRE(read.entries.size() == 1);
  CHECK(read.entries[0].delay_max == std::chrono::minutes{45});
  CHECK(read.entries[0].environment.at("RANDOM_DELAY") == "45");
}
