// Runs of handlers.
#include "task_fixture.hpp"

namespace belfry {

using test::task_fixture;
using verdict = wire::RunOutcome;

TEST_CASE_METHOD(task_fixture, "a run that was sent before the worker stalled does not start",
                 "[task]") {
  start("wash", 1, true);
  CHECK(handlers.runs.empty());
  CHECK(outcome().verdict() == verdict::NOT_STARTED);
  start("wash", 2); // The task actor takes another run.
  CHECK(handlers.runs.size() == 1);
}

TEST_CASE_METHOD(task_fixture,
                 "a handler gets the facts of its task and its result becomes the outcome",
                 "[task]") {
  start("wash");
  CHECK(handlers.runs.front().description.payload == "input");
  CHECK(handlers.runs.front().description.attempt == 3);

  end();

  CHECK(outcome().task() == 42);
  CHECK(outcome().token() == 1);
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
  CHECK(outcome().output() == "done");
}

TEST_CASE_METHOD(task_fixture, "failures, snoozes and unknown kinds are reported as such",
                 "[task]") {
  start("wash", 1);
  end(run_result::failed_permanently("torn", "a hole"));
  start("wash", 2);
  end(run_result::snoozed_for(duration{500}));
  start("wash", 3);
  end(run_result::failed("unknown_kind", "wash"));
  start("wash", 4);
  end(run_result::snoozed_for(duration{0}));
  const auto all = outcomes();
  REQUIRE(all.size() == 4);
  CHECK(all[0].verdict() == verdict::FAILED);
  CHECK(all[0].error() == "torn");
  CHECK(all[0].message() == "a hole");
  CHECK(all[0].is_final());
  CHECK(all[1].verdict() == verdict::SNOOZED);
  CHECK(all[1].snooze_ms() == 500);
  CHECK(all[2].verdict() == verdict::UNKNOWN_KIND);
  CHECK(all[3].snooze_ms() == 1); // 0 stands for an interrupted run.
}

TEST_CASE_METHOD(task_fixture, "an output beyond the limit is truncated before it is sent",
                 "[task]") {
  start("wash");
  end(run_result::success(std::string(1'000'000, 'x')));
  CHECK(outcome().output().size() == 64 * 1024);
}

TEST_CASE_METHOD(task_fixture, "an output is truncated between characters", "[task]") {
  start("wash");
  std::string output;
  for (int i = 0; i < 40'000; ++i)
    output += "日";
  end(run_result::success(std::move(output)));
  CHECK(outcome().output().size() == 64 * 1024 - 1); // No multiple of 3.
}

TEST_CASE_METHOD(task_fixture, "the cause of a stop decides how the run ended", "[task]") {
  const auto ends = [this](std::uint64_t token, stop_cause cause) {
    const auto key = start("wash", token);
    stop(key, cause);
    CHECK(control().is_cancelled());
    end(run_result::success("half of it"));
    return outcomes().back();
  };
  CHECK(ends(1, stop_cause::revoked).verdict() == verdict::CANCELLED);
  CHECK(ends(2, stop_cause::interrupted).verdict() == verdict::SNOOZED);
  const auto timed_out = ends(3, stop_cause::timed_out);
  CHECK(timed_out.verdict() == verdict::FAILED);
  CHECK(timed_out.error() == "timeout");
}

TEST_CASE_METHOD(task_fixture, "a success of a handler that never saw the stop counts", "[task]") {
  stop(start("wash"), stop_cause::timed_out);
  end();
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
}

TEST_CASE_METHOD(task_fixture, "a failure of a handler that never saw its interruption counts",
                 "[task]") {
  stop(start("wash", 1), stop_cause::interrupted);
  end(run_result::failed("torn", "a hole"));
  CHECK(outcomes().back().verdict() == verdict::FAILED);
  CHECK(outcomes().back().error() == "torn");

  const auto key = start("wash", 2);
  stop(key, stop_cause::interrupted);
  CHECK(control().is_cancelled());
  end(run_result::failed("torn", "a hole"));
  CHECK(outcomes().back().verdict() == verdict::SNOOZED);
}

TEST_CASE_METHOD(task_fixture, "an abandoned run ends at once and its late answer is dropped",
                 "[task]") {
  const auto key = start("wash", 1);
  stop(key, stop_cause::timed_out);
  abandon(key);
  CHECK(handlers.abandoned == 1);
  CHECK(outcome().error() == "timeout");

  start("bake", 2);
  end(); // The late answer of the first.
  CHECK(outcomes().size() == 1);

  end();
  CHECK(outcomes().size() == 2);
  CHECK(outcomes().back().token() == 2);
}

TEST_CASE_METHOD(task_fixture, "an abandoned run that no thread had begun has not started",
                 "[task]") {
  handlers.has_free_threads = false;
  const auto key = start("wash");
  stop(key, stop_cause::timed_out);

  abandon(key);

  CHECK(outcome().verdict() == verdict::NOT_STARTED);
  CHECK(outcome().error() == "threads");
}

TEST_CASE_METHOD(task_fixture, "a run that lacks resources has not started", "[task]") {
  start("wash");
  end(run_result::not_started("memory", "Cannot allocate memory"));
  CHECK(outcome().verdict() == verdict::NOT_STARTED);
  CHECK(outcome().error() == "memory");
  CHECK(outcome().message() == "Cannot allocate memory");
}

TEST_CASE_METHOD(task_fixture, "a run that lacks resources has not timed out, but is cancelled",
                 "[task]") {
  stop(start("wash", 1), stop_cause::timed_out);
  end(run_result::not_started("memory", "Cannot allocate memory"));
  stop(start("wash", 2), stop_cause::revoked);
  end(run_result::not_started("memory", "Cannot allocate memory"));

  REQUIRE(outcomes().size() == 2);
  CHECK(outcomes()[0].verdict() == verdict::NOT_STARTED);
  CHECK(outcomes()[1].verdict() == verdict::CANCELLED);
}

TEST_CASE_METHOD(task_fixture, "a second answer is dropped", "[task]") {
  start("wash");
  const auto done = handlers.runs.front().done;
  end();
  done(run_result::failed("again", ""));
  run_all();
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
}

TEST_CASE_METHOD(task_fixture, "a stop of another run changes nothing", "[task]") {
  start("wash", 2);
  stop({{42}, {1}}, stop_cause::revoked);
  CHECK_FALSE(control().is_cancelled());
}

TEST_CASE_METHOD(task_fixture, "a task ends with its worker and cancels its run", "[task]") {
  start("wash");
  caf::anon_send_exit(worker.actor(), caf::exit_reason::kill);
  run_all();
  CHECK_FALSE(is_alive(task));
  CHECK(control().is_cancelled());
}

} // namespace belfry
