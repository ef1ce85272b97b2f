#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;

TEST_CASE("a task as JSON leaves out what is not set", "[cli]") {
  task_info task;
  task.id = task_id::of({3}, 1042);
  task.kind = "mail";
  task.queue = "default";
  task.state = task_state::ready;
  task.attempts_max = 5;
  CHECK(one_line(to_json(task)) ==
        R"({"id":"3-1042","kind":"mail","queue":"default","priority":0,"state":"ready",)"
        R"("accepted_at":"1970-01-01T00:00:00.000Z","due":"1970-01-01T00:00:00.000Z",)"
        R"("attempt":0,"attempts_max":5,"crashes":0})");
}

TEST_CASE("text stays text in JSON, other bytes become base64", "[cli]") {
  task_info task;
  task.payload = "größe";
  task.output = std::string{"\xff\x00", 2};
  const auto document = to_json(task);
  CHECK(document["payload"] == "größe");
  CHECK_FALSE(document.contains("output"));
  CHECK(document["output_base64"] == "/wA=");
}

TEST_CASE("a task as JSON lists its earlier errors", "[cli]") {
  task_info task;
  task.earlier_errors = {"wet", "torn"};
  CHECK(to_json(task)["earlier_errors"].dump() == R"([{"error":"wet"},{"error":"torn"}])");
}

TEST_CASE("a task as JSON has its policies, if the node tells them", "[cli]") {
  task_info task;
  CHECK_FALSE(to_json(task).contains("retry"));
  task.worker = "tower";
  task.timeout = std::chrono::minutes{1};
  task.retry.emplace().rules.push_back(error_rule{.error = "Torn", .is_retryable = false});
  const auto document = to_json(task);
  CHECK(document["worker"] == "tower");
  CHECK(document["timeout_ms"] == 60'000);
  CHECK(document["retry"].dump() ==
        R"({"backoff":"exponential","delay_min_ms":1000,"delay_max_ms":3600000,)"
        R"("jitter_percent":20,"crashes_max":3,)"
        R"("rules":[{"error":"Torn","is_retryable":false}]})");
}

TEST_CASE("a retry policy is told in a sentence", "[cli]") {
  CHECK(format_retry({}) ==
        "4 times, after 1s, doubled each time up to 1h; dead after 3 lost workers");
  CHECK(format_retry({.growth = retry_policy::backoff::fixed, .attempts_max = 3}) ==
        "2 times, after 1s each; dead after 3 lost workers");
  CHECK(format_retry({.attempts_max = 2, .crashes_max = 1}) ==
        "1 time, after 1s; dead after 1 lost worker");
  CHECK(format_retry({.attempts_max = 1, .rules = {error_rule{}}}) ==
        "never, with 1 rule for named errors; dead after 3 lost workers");
}

TEST_CASE("numbers too large for every reader of JSON are texts", "[cli]") {
  task_info task;
  task.token = {~0ULL};
  CHECK(to_json(task)["token"] == "18446744073709551615");
}

TEST_CASE("a queue as JSON counts its tasks by state", "[cli]") {
  queue_info queue{.queue = "mail", .level = durability::in_memory};
  queue.counts[task_state::scheduled] = 1;
  queue.counts[task_state::expired] = 7;
  const auto document = to_json(queue);
  CHECK(document["durability"] == "volatile");
  CHECK(document["tasks"]["scheduled"] == 1);
  CHECK(document["tasks"]["expired"] == 7);
}

TEST_CASE("a schedule that is never due again has no next instant", "[cli]") {
  schedule_info schedule;
  schedule.next = instant_max;
  CHECK_FALSE(to_json(schedule).contains("next"));
  schedule.next = instant_of_ms(1'000);
  CHECK(to_json(schedule)["next"] == "1970-01-01T00:00:01.000Z");
}

TEST_CASE("a parked schedule as JSON has its state and the reason", "[cli]") {
  schedule_info schedule;
  schedule.next = instant_max;
  CHECK(to_json(schedule)["state"] == "active");
  CHECK_FALSE(to_json(schedule).contains("parked_reason"));
  schedule.parked_reason = "no such zone";
  CHECK(to_json(schedule)["state"] == "parked");
  CHECK(to_json(schedule)["parked_reason"] == "no such zone");
}

TEST_CASE("a status as JSON says that the node is stopping, or its clock was set", "[cli]") {
  node_status status;
  CHECK_FALSE(to_json(status).contains("clock_offset_ms"));
  CHECK_FALSE(to_json(status).contains("stops_within_ms"));
  status.stops_within = duration{0};
  CHECK(to_json(status)["stops_within_ms"] == 0);
  status.clock_offset = -std::chrono::hours{1};
  CHECK(to_json(status)["clock_offset_ms"] == -3'600'000);
}

TEST_CASE("a policy of a later version is a number in JSON", "[cli]") {
  schedule_info schedule;
  schedule.spec.overlap = static_cast<overlap_policy>(9);
  CHECK(to_json(schedule)["overlap"] == "9");
  CHECK(to_json(schedule)["misfire"] == "run_once");
}

TEST_CASE("a failure as JSON names its code", "[cli]") {
  CHECK(one_line(to_json(failure{errc::not_found, "no task 0-1"})) ==
        R"({"error":{"code":"not_found","what":"no task 0-1"}})");
}

TEST_CASE("JSON on a terminal commands nothing and stays the same JSON", "[cli]") {
  task_info task;
  task.output = "\033]0;pwn\007\u009b2J\x7f\u202e";
  const auto text = one_line(to_json(task));
  CHECK(text.find(R"("output":"\u001b]0;pwn\u0007\u009b2J\u007f\u202e")") != std::string::npos);
  CHECK(json::parse(text)["output"] == task.output);
}
