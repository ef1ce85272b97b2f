// What a shard logs about its tasks.
#include "shard_fixture.hpp"

#include "support/captured_log.hpp"

using namespace belfry;
using Catch::Contains;

namespace {

struct log_fixture : shard_fixture {
  test::captured_log lines;

  static task_spec fragile_spec() {
    auto task = spec();
    task.retry.attempts_max = 1;
    return task;
  }
  /// The run fails with this error, which the shard writes.
  void fail(std::uint64_t task, std::uint64_t token, const std::string& message) {
    wire::Report report;
    report.set_session(5);
    report.set_shard(number);
    report.set_sequence(1);
    auto& outcome = *report.add_outcomes();
    outcome.set_task(task);
    outcome.set_token(token);
    outcome.set_verdict(wire::RunOutcome::FAILED);
    outcome.set_error("torn");
    outcome.set_message(message);
    tell_sealed(worker, report_atom::value, report);
  }
  void let_die(const std::string& message) {
    const auto id = accept(fragile_spec());
    fail(id, grant_one(), message);
    written();
  }
  [[nodiscard]] std::size_t count(const std::string& part) const { return lines.count(part); }
};

} // namespace

TEST_CASE_METHOD(log_fixture, "a task that dies is logged once its death is written", "[shard]") {
  serve();
  const auto id = accept(fragile_spec());
  fail(id, grant_one(), "a sleeve is off");
  CHECK(count("task.dead") == 0);
  written();
  CHECK_THAT(lines.text(),
             Contains("task.dead shard=2 task=2-1 kind=wash queue=default attempt=1 crashes=0 "
                      "error=\"torn: a sleeve is off\"\n"));
}

TEST_CASE_METHOD(log_fixture, "an error forges no line of the log", "[shard]") {
  serve();
  let_die("\n[error] node.stopped name=\"tower\"\033[2J");
  CHECK_THAT(lines.text(), Contains(R"(error="torn: \n[error] node.stopped name=\"tower\"\u001b)"));
  CHECK_THAT(lines.text(), !Contains("\n[error]") && !Contains("\033"));
}

TEST_CASE_METHOD(log_fixture, "a task that will be retried or succeeds is not logged", "[shard]") {
  serve();
  const auto id = accept(spec());
  fail(id, grant_one(), "a sleeve is off");
  written();
  const auto other = accept(spec());
  report(other, grant_one());
  written();
  CHECK(count("task.") == 0);
}

TEST_CASE_METHOD(log_fixture, "of many deaths some are logged, and the number of the others",
                 "[shard]") {
  serve();
  for (int i = 0; i < 13; ++i)
    let_die("a sleeve is off");
  CHECK(count("task.dead ") == 10);
  CHECK(count("task.deaths_suppressed") == 0);

  advance(duration{10'000});

  CHECK(count("task.deaths_suppressed shard=2 count=3 within_ms=10000\n") == 1);
  let_die("a sleeve is off");
  CHECK(count("task.dead ") == 11);
}

TEST_CASE_METHOD(log_fixture, "at the level debug each event of a task is logged", "[shard]") {
  spdlog::default_logger()->set_level(spdlog::level::debug);
  serve();
  const auto id = accept(spec(duration{1'000}));
  advance(duration{1'000});
  fail(id, grant_one(), "a sleeve is off");
  written();
  wire::Request cancel;
  cancel.mutable_cancel()->set_id(id);
  ask(cancel);
  written();
  const std::string who = " shard=2 task=2-1 kind=wash queue=default ";
  CHECK(count("task.accepted" + who + "due_in_ms=1000\n") == 1);
  CHECK(count("task.started" + who + "attempt=1 session=5 token=") == 1);
  CHECK(count("task.failed" + who + "attempt=1 retry_in_ms=") == 1);
  CHECK(count("task.cancelled" + who + "attempt=1\n") == 1);
}

TEST_CASE_METHOD(log_fixture, "at the level debug a flood of events does not fill the disk",
                 "[shard]") {
  spdlog::default_logger()->set_level(spdlog::level::debug);
  serve();
  submit(std::vector<task_spec>(1'200, spec()));
  written();
  CHECK(count("task.accepted") == 1'000);
  advance(duration{10'000});
  CHECK(count("task.events_suppressed shard=2 count=200 within_ms=10000\n") == 1);
}
