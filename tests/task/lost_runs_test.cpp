// Runs whose worker is lost, attaches again or exceeds a time limit.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "an outcome with an old token is refused", "[ledger]") {
  const auto id = accept(spec());
  const auto old_run = start(ann);
  advance_time(11s);
  CHECK(state(id) == task_state::scheduled);
  advance_time(10s);
  const auto new_run = start(bob);
  CHECK(new_run.token > old_run.token);
  CHECK_FALSE(finish(old_run, verdict::succeeded));
  CHECK(state(id) == task_state::running);
  CHECK(finish(new_run, verdict::succeeded));
}

TEST_CASE_METHOD(ledger_fixture, "a long run keeps its lease while its worker sends heartbeats",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start(ann);
  for (int hours = 0; hours < 3600; ++hours) {
    advance_time(5s);
    tasks.sessions().renew(ann, now);
  }
  CHECK(state(id) == task_state::running);
  CHECK(finish(run, verdict::succeeded));
}

TEST_CASE_METHOD(ledger_fixture, "a task that crashes its workers is quarantined", "[ledger]") {
  auto task = spec();
  task.retry.attempts_max = 100;
  task.retry.crashes_max = 2;
  const auto id = accept(task);
  for (int crash = 0; crash < 2; ++crash) {
    REQUIRE(start(ann).task == id);
    advance_time(11s);
    advance_time(10s);
  }
  CHECK(state(id) == task_state::dead);
  CHECK(tasks.views().describe(id, false)->crashes == 2);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never reached its worker is granted again",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto kept = accept(spec());
  const auto lost = start(ann);
  const auto held = start(ann);
  REQUIRE(lost.task == id);
  tasks.attach(ann, {held}, now);
  CHECK(state(kept) == task_state::running);
  CHECK(state(id) == task_state::scheduled);
  advance_time(0ms);
  CHECK(start(ann).task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a worker is asked to end runs that are not live any more",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto kept = accept(spec());
  const auto lost = start(ann);
  const auto held = start(bob);
  REQUIRE(lost.task == id);
  REQUIRE(held.task == kept);
  for (int second = 0; second < 30; ++second) {
    advance_time(1s);
    tasks.sessions().renew(bob, now);
  }
  const granted_run unknown_run{ann, task_id::of(options.shard, 99), lost.token};
  SECTION("when its task waits for another attempt") {}
  SECTION("when its task runs elsewhere") {
    REQUIRE(start(bob).task == id);
  }
  (void)tasks.take_effects();

  tasks.attach(ann, {lost, unknown_run}, now);
  const auto revokes = tasks.take_effects().revokes;
  REQUIRE(revokes.size() == 2);
  CHECK(revokes[0].session == ann);
  CHECK(revokes[0].task == id);
  CHECK(revokes[0].token == lost.token);
  CHECK(revokes[1].task == unknown_run.task);

  tasks.attach(bob, {held}, now);
  CHECK(tasks.take_effects().revokes.empty());
}

TEST_CASE_METHOD(ledger_fixture, "only the session that holds a run decides what becomes of it",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start(ann);
  REQUIRE(run.task == id);
  // Before the shard was restored from a copy it had granted the same token to bob.
  const granted_run foreign{bob, run.task, run.token};
  (void)tasks.take_effects();

  tasks.update_progress(foreign, "halfway");
  CHECK_FALSE(finish(foreign, run_outcome::verdict::succeeded));
  CHECK(state(id) == task_state::running);
  CHECK(tasks.views().describe(id, false)->progress.empty());

  tasks.attach(bob, {foreign}, now);
  const auto revokes = tasks.take_effects().revokes;
  REQUIRE(revokes.size() == 1);
  CHECK(revokes[0].session == bob);
  CHECK(revokes[0].token == run.token);

  tasks.update_progress(run, "nearly done");
  CHECK(tasks.views().describe(id, false)->progress == "nearly done");
  CHECK(finish(run, run_outcome::verdict::succeeded));
  CHECK(state(id) == task_state::succeeded);
}

TEST_CASE_METHOD(ledger_fixture, "the shard enforces a time limit that the worker does not",
                 "[ledger]") {
  auto task = spec();
  task.timeout = 5s;
  const auto id = accept(task);
  (void)start(ann);
  for (int second = 0; second < 21; ++second) {
    advance_time(1s);
    tasks.sessions().renew(ann, now);
  }
  CHECK(state(id) != task_state::running);
  CHECK(tasks.views().describe(id, false)->last_error.find("timed_out") == 0);
  CHECK(tasks.views().describe(id, false)->crashes == 1); // Its worker is dead or hangs.
}
