#include "wire/task_json.hpp"

#include "time/time_text.hpp"
#include "wire/exec_payload.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::wire;
using namespace std::chrono_literals;

namespace {

task_spec read(const std::string& line, const task_spec& defaults = {}) {
  const auto task = parse_task_json(line, defaults, "Europe/Berlin");
  INFO((task ? "" : task.error().what));
  REQUIRE(task.ok());
  return *task;
}

std::string error_of(const std::string& line) {
  const auto task = parse_task_json(line, {}, "UTC");
  return task ? "accepted" : task.error().what;
}

} // namespace

TEST_CASE("a JSON object is a task", "[task_json]") {
  const auto task = read(R"({"kind": "mail", "payload": "hello", "queue": "low", "priority": -3,
      "key": "k", "retries": 2, "timeout": "30s", "in": "5m", "retention": "1d", "key_ttl": "2h",
      "start_by": "2026-11-25T00:00:00Z", "complete_by": "2026-11-26T00:00:00Z"})");
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
  CHECK(format_utc(*task.complete_by) == "2026-11-26T00:00:00.000Z");
}

TEST_CASE("fields that an object leaves out come from the defaults", "[task_json]") {
  task_spec defaults;
  defaults.kind = "mail";
  defaults.queue = "low";
  defaults.delay = 5min;
  CHECK(read("{}", defaults) == defaults);
  const auto task = read(R"({"at": "2026-11-24 12:00"})", defaults);
  CHECK(format_utc(*task.due) == "2026-11-24T11:00:00.000Z");
  CHECK(task.delay == 0s);
}

TEST_CASE("a payload may be JSON, bytes, or a command", "[task_json]") {
  CHECK(read(R"({"kind": "k", "payload": {"to": [1, 2]}})").payload == R"({"to": [1, 2]})");
  CHECK(read(R"({"kind": "k", "payload_base64": "AAH/"})").payload == std::string{"\0\1\xff", 3});

  const auto task = read(R"({"command": ["gzip", "big.log"]})");
  CHECK(task.kind == "exec");
  CHECK(parse_exec_payload(task.payload)->command == std::vector<std::string>{"gzip", "big.log"});
  CHECK(parse_exec_payload(read(R"({"command": "a | b"})").payload)->shell);
}

TEST_CASE("a bad object is refused with the field and what was expected", "[task_json]") {
  CHECK(error_of("nonsense").find("not a JSON document") == 0);
  CHECK(error_of("[1]") ==
        R"(the task is [1], expected a JSON object such as {"kind": "mail", "payload": "…"})");
  CHECK(error_of("{}") == "kind is missing");
  CHECK(error_of(R"({"kind": 5})") == "kind is 5, expected a string");
  CHECK(error_of(R"({"kind": "k", "colour": 1})") == "there is no field 'colour'");
  CHECK(error_of(R"({"kind": "k", "priority": 101})") ==
        "priority is 101, expected a whole number from -100 to 100");
  CHECK(error_of(R"({"kind": "k", "in": "5"})").find("in: '5' is not a length of time") == 0);
  CHECK(error_of(R"({"kind": "k", "at": "noon"})").find("at: 'noon' is not a point") == 0);
  CHECK(error_of(R"({"command": [1]})") == "command is 1, expected a string");
  CHECK(error_of(R"({"command": []})").find("command: ") == 0);
  CHECK(error_of(R"({"kind": "k", "payload_base64": "?"})") ==
        "payload_base64 is \"?\", expected base64 text");
}

TEST_CASE("a payload that is JSON is stored byte for byte", "[task_json]") {
  for (const std::string payload :
       {R"({"z":1,"a":18446744073709551616,"p":1.10,"n":-0,"a":2})", "[1e2, 1E400]",
        "123456789012345678901234567890", R"({ "name": "caf\u00e9 \ud800" })", "null", "-0"})
    CHECK(read(R"({"kind": "k", "payload": )" + payload + " }").payload == payload);
}

TEST_CASE("an object that is too deep is refused", "[task_json]") {
  const auto payload = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(error_of(R"({"kind": "k", "payload": )" + payload + "}").find("the limit is 64 deep") !=
        std::string::npos);
}

TEST_CASE("fields that contradict each other are refused", "[task_json]") {
  CHECK(error_of(R"({"kind": "k", "in": "1h", "at": "2027-01-01"})") ==
        "in and at are both given, expected one of them");
  CHECK(error_of(R"({"kind": "k", "payload_base64": "AA==", "payload": "x"})") ==
        "payload and payload_base64 are both given, expected one of them");
  CHECK(error_of(R"({"command": ["true"], "payload": "x"})") ==
        "payload and command are both given, expected one of them");
  CHECK(error_of(R"({"command": ["true"], "payload_base64": ""})") ==
        "payload_base64 and command are both given, expected one of them");
  CHECK(error_of(R"({"command": ["true"], "kind": "mail"})") ==
        "command is for the kind exec, but kind is 'mail'");
  CHECK(read(R"({"command": ["true"], "kind": "exec"})").kind == "exec");
  CHECK(error_of(R"({"kind": "k", "queue": "a", "kind": "l"})") ==
        "the task has the field 'kind' twice, as its fields 1 and 3, expected it once");
}

TEST_CASE("numbers have the limits of the node", "[task_json]") {
  CHECK(read(R"({"kind": "k", "retries": 9999})").retry.attempts_max == 10'000);
  CHECK(error_of(R"({"kind": "k", "retries": 10000})") ==
        "retries is 10000, expected a whole number from 0 to 9999");
  CHECK(error_of(R"({"kind": "k", "retries": 4294967297})") ==
        "retries is 4294967297, expected a whole number from 0 to 9999");
  CHECK(error_of(R"({"kind": "k", "priority": 18446744073709551616})") ==
        "priority is 18446744073709551616, expected a whole number from -100 to 100");
}

TEST_CASE("an empty name or key does not count as none", "[task_json]") {
  for (const std::string field : {"kind", "queue", "key"})
    CHECK(error_of("{\"" + field + "\": \"\"}") ==
          field + " is empty; leave it out, or give it a value");
  CHECK(read(R"({"kind": "k", "payload": ""})").payload.empty());
}
