// The errors that a task keeps of its failed attempts.
#include "recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

struct task_errors_fixture : ledger_fixture {
  task_spec patient() {
    auto task = spec();
    task.retry.attempts_max = 9;
    task.retry.delay_min = task.retry.delay_max = duration{0};
    return task;
  }
  /// The next attempt fails so.
  void fail(const std::string& error) {
    advance_time(0ms);
    const auto run = start();
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = verdict::failed;
    outcome.error = error;
    REQUIRE(tasks.finish_run(run.session, std::move(outcome), now));
  }
  static std::vector<std::string> errors(const ledger& known, task_id id) {
    auto info = *known.views().describe(id, false);
    info.earlier_errors.push_back(info.last_error);
    return info.earlier_errors;
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(task_errors_fixture, "a task keeps the errors of its last three failed attempts",
                 "[ledger]") {
  const auto id = accept(patient());
  CHECK(errors(tasks, id) == texts{""});
  fail("wet");
  CHECK(errors(tasks, id) == texts{"wet"});
  fail("torn");
  fail("dirty");
  CHECK(errors(tasks, id) == texts{"wet", "torn", "dirty"});
  fail("lost");
  CHECK(errors(tasks, id) == texts{"torn", "dirty", "lost"});
  CHECK(errors(recovered_ledger{*this}.tasks, id) == texts{"torn", "dirty", "lost"});
}

TEST_CASE_METHOD(task_errors_fixture, "a snapshot has the errors of a task", "[ledger]") {
  snapshot_records snapshot;
  const auto id = accept(patient());
  fail("wet");
  std::string latest;
  SECTION("of each attempt") {
    latest = "torn";
  }
  SECTION("though the latest attempt named none") {
    latest = "";
  }
  fail(latest);
  tasks.snapshots().begin(snapshot);
  REQUIRE(tasks.snapshots().write_pages(10));
  const recovered_ledger again{*this, snapshot.records};
  CHECK(errors(again.tasks, id) == texts{"wet", latest});
}

TEST_CASE_METHOD(task_errors_fixture, "of a long earlier error whole characters are kept",
                 "[ledger]") {
  const auto id = accept(patient());
  const std::string filled(earlier_error_bytes_max - 1, 'x');
  fail(filled + "\xc3\xa9 and more");
  fail("torn");
  CHECK(errors(tasks, id) == texts{filled, "torn"});
}

TEST_CASE_METHOD(task_errors_fixture, "a shard keeps whole characters of what is too long",
                 "[ledger]") {
  const std::string filled(run_limits{}.output_bytes_max - 1, 'x');
  const auto too_long = filled + "\xc3\xa9 and more";
  const auto id = accept(patient());
  fail(too_long);
  CHECK(errors(tasks, id) == texts{filled});

  advance_time(0ms);
  const auto run = start();
  tasks.update_progress(run, too_long);
  CHECK(tasks.views().describe(id, false)->progress == filled);
  REQUIRE(tasks.finish_run(
      run.session, {.task = run.task, .token = run.token, .output = too_long, .error{}, .message{}},
      now));
  CHECK(tasks.views().describe(id, false)->output == filled);
}
