#include "wire/spec_json.hpp"

#include "wire/task_json.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::wire;
using namespace std::chrono_literals;

namespace {

task_spec full_task() {
  task_spec task;
  task.kind = "mail";
  task.payload = "to: \"anna\"\n\\ \u00fc";
  task.queue = "low";
  task.priority = -3;
  task.due = instant_of_ms(1'795'996'800'250);
  task.start_by = instant_of_ms(1'795'996'900'000);
  task.complete_by = instant_of_ms(1'796'000'000'000);
  task.timeout = 90s;
  task.retry = {.growth = retry_policy::backoff::fixed,
                .attempts_max = 3,
                .crashes_max = 7,
                .delay_min = 1'500ms,
                .delay_max = 2h,
                .jitter_percent = 0,
                .rules = {{"Timeout", true, 0ms}, {"Bounced", false, -1ms}}};
  task.key = "welcome-17";
  task.key_ttl = 48h;
  task.retention = 0s;
  return task;
}

schedule_spec full_schedule() {
  schedule_spec schedule;
  schedule.name = "sync";
  schedule.when = {.line = "*/5 * * * *",
                   .zone = "Europe/Berlin",
                   .gap = gap_policy::skip,
                   .repeated_hour = repeated_hour_policy::both};
  schedule.misfire = misfire_policy::run_all;
  schedule.overlap = overlap_policy::cancel_other;
  schedule.catch_up_max = 4;
  schedule.jitter = 5s;
  schedule.task.kind = "mail";
  schedule.task.payload = "all";
  return schedule;
}

task_spec read_again(const task_spec& task) {
  const auto line = write_task_json(task);
  REQUIRE(line.ok());
  INFO(*line);
  CHECK(line->find('\n') == std::string::npos);
  task_spec defaults; // None of them may show through.
  defaults.retry.attempts_max = 77;
  defaults.retention = 77s;
  defaults.queue = "other";
  const auto read = parse_task_json(*line, defaults, "Europe/Berlin");
  REQUIRE(read.ok());
  return *read;
}

std::string schedule_error(const std::string& line) {
  const auto read = parse_schedule_json(line);
  return read ? "accepted" : read.error().what;
}

} // namespace

TEST_CASE("a task that is written as JSON is read as the same task", "[spec_json]") {
  CHECK(read_again(full_task()) == full_task());
  task_spec plain;
  plain.kind = "mail";
  CHECK(read_again(plain) == plain);
  plain.delay = 90s;
  CHECK(read_again(plain) == plain);
}

TEST_CASE("any payload is written as JSON and read again", "[spec_json]") {
  auto task = full_task();
  for (const std::string& payload :
       {std::string{}, std::string{"{\"to\": [1, 2]}"}, std::string{"\0\1\xff", 3},
        std::string{"\x1b[2J"}, std::string{"\u202e \u0085"}}) {
    task.payload = payload;
    CHECK(read_again(task) == task);
  }
  task.payload = "a text";
  CHECK(write_task_json(task)->find("\"payload\":\"a text\"") != std::string::npos);
}

TEST_CASE("a name that JSON cannot hold is refused", "[spec_json]") {
  auto task = full_task();
  task.key = "\xff";
  CHECK(write_task_json(task).error().what ==
        "key is '\\xff', which is not UTF-8, and JSON cannot hold it");
}

TEST_CASE("a schedule that is written as JSON is read as the same schedule", "[spec_json]") {
  const auto line = write_schedule_json(full_schedule());
  REQUIRE(line.ok());
  INFO(*line);
  CHECK(*parse_schedule_json(*line).value() == full_schedule());
  const auto plain = parse_schedule_json(
      R"({"schedule": {"name": "sync", "cron": "@daily", "task": {"kind": "mail"}}})");
  REQUIRE(plain.ok());
  schedule_spec expected;
  expected.name = "sync";
  expected.when.line = "@daily";
  expected.task.kind = "mail";
  CHECK(plain->value() == expected);
}

TEST_CASE("a line without a schedule is none", "[spec_json]") {
  CHECK_FALSE(parse_schedule_json(R"({"kind": "mail"})").value().has_value());
  CHECK_FALSE(parse_schedule_json("[1]").value().has_value());
  CHECK(schedule_error("{") != "accepted");
}

TEST_CASE("a wrong field of a schedule is named", "[spec_json]") {
  CHECK(schedule_error(R"({"schedule": {"name": "a", "cron": "@daily"}})") ==
        "task is missing in schedule");
  CHECK(schedule_error(R"({"schedule": {"cron": "@daily", "task": {"kind": "k"}}})") ==
        "name is missing in schedule");
  CHECK(schedule_error(R"({"schedule": {"nam": "a"}})") == "there is no field 'nam' in schedule");
  CHECK(schedule_error(R"({"schedule": {"overlap": "never"}})").find("cancel_other") !=
        std::string::npos);
  CHECK(schedule_error(R"({"schedule": {"task": {"priority": 3}}})") == "task: kind is missing");
  CHECK(schedule_error(R"({"schedule": {}, "kind": "mail"})").find("schedule alone") !=
        std::string::npos);
}

TEST_CASE("a wrong field of a retry policy is named", "[spec_json]") {
  const auto error_of = [](const std::string& retry) {
    const auto task = parse_task_json(R"({"kind": "k", "retry": )" + retry + "}", {}, "UTC");
    return task ? "accepted" : task.error().what;
  };
  CHECK(error_of(R"({"backoff": "fixed"})") == "accepted");
  CHECK(error_of(R"({"backoff": "linear"})").find("fixed or exponential") != std::string::npos);
  CHECK(error_of(R"({"delay_min": "soon"})").find("delay_min: 'soon'") == 0);
  CHECK(error_of(R"({"attempts": 3})") == "there is no field 'attempts' in retry");
  CHECK(error_of(R"({"rules": [{"name": "x"}]})") == "there is no field 'name' in a rule");
  CHECK(error_of(R"({"jitter_percent": -1})") != "accepted");
  CHECK(error_of("3") != "accepted");
}
