#include "cli/spec_json.hpp"

#include "os/handlers/exec.hpp"
#include "time/time_text.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;
using namespace std::chrono_literals;

namespace {

task_spec read(const std::string& line, const task_spec& defaults = {}) {
  const auto task = parse_task_line(line, defaults, "Europe/Berlin");
  INFO((task ? "" : task.error().what));
  REQUIRE(task.ok());
  return *task;
}

std::string error_of(const std::string& line) {
  const auto task = parse_task_line(line, {}, "UTC");
  return task ? "accepted" : task.error().what;
}

} // namespace

TEST_CASE("a line of a stream is a task", "[cli]") {
  const auto task = read(R"({"kind": "mail", "payload": "hello", "queue": "low", "priority": -3,
      "key": "k", "retries": 2, "timeout": "30s", "in": "5m", "retention": "1d", "key_ttl": "2h",
      "start_by": "2026-11-25T00:00:00Z"})");
  CHECK(task.kind == "mail");
  CHECK(task.payload == "hello");
  CHECK(task.queue == "low");
  CHECK(task.priority == -3);
  CHECK(task.key == "k");
  CHECK(task.retry.attempts_max == 3);
  CHECK(task.timeout == 30s);
  CHECK(task.delay == 5min);
  CHECK(task.retention == 24h);
  CHECK(task.key_ttl == 2h);
  CHECK(format_utc(*task.start_by) == "2026-11-25T00:00:00.000Z");
}

TEST_CASE("fields that a line leaves out come from the options", "[cli]") {
  task_spec defaults;
  defaults.kind = "mail";
  defaults.queue = "low";
  defaults.delay = 5min;
  CHECK(read("{}", defaults) == defaults);
  const auto task = read(R"({"at": "2026-11-24 12:00"})", defaults);
  CHECK(format_utc(*task.due) == "2026-11-24T11:00:00.000Z");
  CHECK(task.delay == 0s);
}

TEST_CASE("a payload may be JSON, bytes, or a command", "[cli]") {
  CHECK(read(R"({"kind": "k", "payload": {"to": [1, 2]}})").payload == R"({"to":[1,2]})");
  CHECK(read(R"({"kind": "k", "payload_base64": "AAH/"})").payload == std::string{"\0\1\xff", 3});

  const auto task = read(R"({"command": ["gzip", "big.log"]})");
  CHECK(task.kind == "exec");
  CHECK(parse_exec_payload(task.payload)->command == std::vector<std::string>{"gzip", "big.log"});
  CHECK(parse_exec_payload(read(R"({"command": "a | b"})").payload)->shell);
}

TEST_CASE("a bad line is refused with the field and what was expected", "[cli]") {
  CHECK(error_of("nonsense").find("not a JSON document") == 0);
  CHECK(error_of("[1]").find("expected a JSON object") == 0);
  CHECK(error_of("{}") == "kind is missing");
  CHECK(error_of(R"({"kind": 5})") == "kind is 5, expected a string");
  CHECK(error_of(R"({"kind": "k", "colour": 1})") == "there is no field 'colour'");
  CHECK(error_of(R"({"kind": "k", "priority": 101})") ==
        "priority is 101, expected a whole number from -100 to 100");
  CHECK(error_of(R"({"kind": "k", "in": "5"})").find("in: '5' is not a length of time") == 0);
  CHECK(error_of(R"({"kind": "k", "at": "noon"})").find("at: 'noon' is not a point") == 0);
  CHECK(error_of(R"({"command": [1]})") == "command is 1, expected a string");
  CHECK(error_of(R"({"command": []})").find("command: ") == 0);
  CHECK(error_of(R"({"kind": "k", "payload_base64": "?"})") == "payload_base64 is not base64 text");
}
