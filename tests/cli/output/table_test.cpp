#include "cli/text/schedule_table.hpp"
#include "cli/text/table.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace belfry;
using namespace belfry::shell;
using Catch::Matchers::Contains;

TEST_CASE("columns are aligned, numbers to the right", "[cli]") {
  table rows{{{"NAME"}, {"COUNT", true}, {"NOTE"}}};
  rows.add({"a", "1", ""});
  rows.add({"größer", "1000", "x"});
  std::ostringstream out;
  rows.print(out);
  CHECK(out.str() == "NAME    COUNT  NOTE\n"
                     "a           1\n"
                     "größer   1000  x\n");
}

namespace {

/// A queue's row: its weight is usual unless `weight` says otherwise.
std::string queues_on(std::size_t width, const std::string& weight, bool is_wide = false) {
  table rows{{{.title = "QUEUE", .width_min = 6},
              {.title = "WEIGHT", .is_number = true, .usual = "1"},
              {.title = "STATE", .is_state = true},
              {.title = "NOTE", .width_min = 8}}};
  rows.add({"mail", weight, "running", "a note of 22 letters.."});
  rows.add({"newsletter", "1", "dead", ""});
  std::ostringstream out;
  rows.print(out, {.width = width, .is_wide = is_wide});
  return out.str();
}

} // namespace

TEST_CASE("a table that fits the terminal is whole", "[cli]") {
  const std::string whole = "QUEUE       WEIGHT  STATE    NOTE\n"
                            "mail             1  running  a note of 22 letters..\n"
                            "newsletter       1  dead\n";
  CHECK(queues_on(51, "1") == whole);
  CHECK(queues_on(20, "1", true) == whole);
}

TEST_CASE("on a narrow terminal usual columns go first, then long texts are cut", "[cli]") {
  CHECK(queues_on(50, "1") == "QUEUE       STATE    NOTE\n"
                              "mail        running  a note of 22 letters..\n"
                              "newsletter  dead\n");
  CHECK(queues_on(50, "2") == "QUEUE       WEIGHT  STATE    NOTE\n"
                              "mail             2  running  a note of 22 letters…\n"
                              "newsletter       1  dead\n");
  CHECK(queues_on(31, "1") == "QUEUE       STATE    NOTE\n"
                              "mail        running  a note of…\n"
                              "newsletter  dead\n");
  CHECK(queues_on(5, "1") == "QUEUE   STATE    NOTE\n"
                             "mail    running  a note …\n"
                             "newsl…  dead\n");
}

TEST_CASE("states are coloured, other cells and the widths are not changed by it", "[cli]") {
  table rows{{{"NAME"}, {.title = "STATE", .is_state = true}, {"NOTE"}}};
  rows.add({"dead", "dead", "x"});
  rows.add({"b", "scheduled", "y"});
  std::ostringstream out;
  rows.print(out, {.is_colored = true});
  CHECK(out.str() == "NAME  STATE      NOTE\n"
                     "dead  \033[31mdead\033[0m       x\n"
                     "b     scheduled  y\n");
}

TEST_CASE("a cell is one line of bounded width, harmless to a terminal", "[cli]") {
  CHECK(one_line("short", 10) == "short");
  CHECK(one_line("a\nb\tc\033[2J", 20) == R"(a b c\u001b[2J)");
  CHECK(one_line("\u009b2J", 20) == R"(\u009b2J)");
  CHECK(one_line("0123456789x", 10) == "0123456789…");
  CHECK(one_line("ääää", 3) == "äää…");
}

TEST_CASE("no cell forges a row or commands a terminal", "[cli]") {
  table rows{{{"NAME"}, {"STATE"}}};
  rows.add({"a\nb  succeeded", "dead\033[1A"});
  std::ostringstream out;
  rows.print(out);
  CHECK(out.str() == "NAME             STATE\n"
                     "a\\nb  succeeded  dead\\u001b[1A\n");
}

TEST_CASE("the table of schedules says which are parked, and why", "[cli]") {
  schedule_info active;
  active.spec.name = "hourly";
  active.next = instant_of_ms(0);
  schedule_info parked;
  parked.spec.name = "nightly";
  parked.next = instant_max;
  parked.parked_reason = "no such\nzone";
  std::ostringstream out;

  print_schedules(out, program{}, {active, parked});

  const auto text = out.str();
  CHECK_THAT(text, Contains("STATE") && Contains("active") && Contains("1970-01-01"));
  CHECK_THAT(text, Contains("\nnightly") && Contains("parked  -"));
  CHECK_THAT(text, Contains("\nnightly is parked: no such zone\n"));
  CHECK(text.find("hourly is parked") == std::string::npos);
}

TEST_CASE("the table of schedules shows the commands that are run", "[cli]") {
  std::vector<schedule_info> schedules(3);
  schedules[0].spec.name = "imported";
  schedules[0].spec.task.kind = "exec";
  schedules[0].spec.task.payload = R"({"command":["/bin/sh","-c","sync-mail | tee log"]})";
  schedules[1].spec.name = "own";
  schedules[1].spec.task.kind = "exec";
  schedules[1].spec.task.payload = R"({"command":["gzip","-9","big.log"]})";
  schedules[2].spec.name = "letters";
  schedules[2].spec.task.kind = "letter";
  std::ostringstream out;
  print_schedules(out, program{}, schedules);
  CHECK_THAT(out.str(), Contains("exec    sync-mail | tee log  default"));
  CHECK_THAT(out.str(), Contains("exec    gzip -9 big.log      default"));
  CHECK_THAT(out.str(), Contains("letter  -                    default"));
}
