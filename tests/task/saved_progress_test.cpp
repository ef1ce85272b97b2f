// What an attempt saves reaches the next one, whatever happens between them.
#include "recovered_ledger.hpp"

#include <optional>

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

struct progress_fixture : ledger_fixture {
  task_id id = accept(spec());
  granted_run run = start();

  /// Ends the present run; nothing: it saves nothing.
  void finish_saving(verdict end, std::optional<std::string> progress) {
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = end;
    outcome.error = "torn";
    outcome.saved_progress = std::move(progress);
    REQUIRE(tasks.finish_run(run.session, std::move(outcome), now));
  }
  /// Starts the task again, once its backoff is over.
  void start_again() {
    advance_time(1h);
    run = start();
    REQUIRE(run.task == id);
  }
  /// What the next attempt of the task reads.
  std::string progress(const ledger& shard) {
    const auto* saved = shard.views().find(id)->saved_progress();
    return saved ? *saved : "";
  }
  std::string progress() { return progress(tasks); }
};

} // namespace

TEST_CASE_METHOD(progress_fixture, "the next attempt has what a failed or snoozed one saved",
                 "[ledger]") {
  CHECK(progress().empty());
  finish_saving(verdict::failed, "page 1");
  start_again();
  CHECK(progress() == "page 1");
  finish_saving(verdict::snoozed, "page 2");
  start_again();
  CHECK(progress() == "page 2");
}

TEST_CASE_METHOD(progress_fixture, "an attempt that saves nothing leaves what earlier ones saved",
                 "[ledger]") {
  finish_saving(verdict::failed, "page 1");
  start_again();
  SECTION("because it failed first") {
    finish_saving(verdict::failed, std::nullopt);
  }
  SECTION("because it never began") {
    finish_saving(verdict::not_started, std::nullopt);
  }
  SECTION("because its worker was lost") {
    advance_time(11s);
  }
  start_again();
  CHECK(progress() == "page 1");
}

TEST_CASE_METHOD(progress_fixture, "an attempt may discard what earlier ones saved", "[ledger]") {
  finish_saving(verdict::failed, "page 1");
  start_again();
  finish_saving(verdict::snoozed, "");
  CHECK(tasks.views().find(id)->saved_progress() == nullptr);
  CHECK(progress(recovered_ledger{*this}.tasks).empty());
}

TEST_CASE_METHOD(progress_fixture, "saved progress survives a restart", "[ledger]") {
  finish_saving(GENERATE(verdict::failed, verdict::snoozed), "page 1");
  CHECK(progress(recovered_ledger{*this}.tasks) == "page 1");
}

TEST_CASE_METHOD(progress_fixture, "saved progress is part of a snapshot", "[ledger]") {
  finish_saving(verdict::failed, std::string{"page\0 1", 7});
  snapshot_records snapshot;
  tasks.snapshots().begin(snapshot);
  REQUIRE(tasks.snapshots().write_pages(100));
  recovered_ledger again{*this, snapshot.records};
  CHECK(progress(again.tasks) == std::string{"page\0 1", 7});
}

TEST_CASE_METHOD(progress_fixture, "more than 4 KiB of progress are refused by the shard, too",
                 "[ledger]") {
  finish_saving(verdict::failed, std::string(4'096, 'x'));
  CHECK(progress().size() == 4'096);
  start_again();
  finish_saving(verdict::failed, std::string(4'097, 'y'));
  CHECK(progress() == std::string(4'096, 'x'));
}

TEST_CASE_METHOD(progress_fixture, "a task that will not run again keeps no progress", "[ledger]") {
  finish_saving(verdict::failed, "page 1");
  start_again();
  SECTION("it succeeded") {
    finish_saving(verdict::succeeded, std::nullopt);
  }
  SECTION("it is cancelled") {
    REQUIRE(tasks.cancel(id, now).ok());
    finish_saving(verdict::failed, "page 2");
    CHECK(state(id) == task_state::cancelled);
  }
  CHECK(progress().empty());
}

TEST_CASE_METHOD(progress_fixture, "a dead task keeps its progress for a requeue", "[ledger]") {
  run_outcome outcome;
  outcome.task = id;
  outcome.token = run.token;
  outcome.end = verdict::failed;
  outcome.is_final = true;
  outcome.saved_progress = "page 1";
  REQUIRE(tasks.finish_run(ann, std::move(outcome), now));
  REQUIRE(state(id) == task_state::dead);

  REQUIRE(tasks.requeue(id, now).ok());
  start_again();

  CHECK(progress() == "page 1");
}

TEST_CASE_METHOD(progress_fixture, "the outcome of a stale attempt saves nothing", "[ledger]") {
  const auto old = run;
  advance_time(11s); // Its lease ends.
  start_again();
  run_outcome outcome;
  outcome.task = id;
  outcome.token = old.token;
  outcome.end = verdict::failed;
  outcome.saved_progress = "page 1";
  CHECK_FALSE(tasks.finish_run(ann, std::move(outcome), now));
  CHECK(progress().empty());
}
