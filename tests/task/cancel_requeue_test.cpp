// Cancelling and requeueing tasks.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "only a requeue brings a dead task back", "[ledger]") {
  const auto id = accept(spec());
  CHECK(tasks.requeue(id, now).error().code == errc::wrong_state);
  finish(start(), verdict::failed, true);
  CHECK(state(id) == task_state::dead);
  CHECK(tasks.requeue(id, now).ok());
  advance_time(0ms);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a requeue that comes twice is one requeue", "[ledger]") {
  const auto id = accept(spec());
  finish(start(), verdict::failed, true);
  REQUIRE(tasks.requeue(id, now).ok());
  CHECK(tasks.requeue(id, now).ok());
  advance_time(0ms);
  CHECK(tasks.requeue(id, now).ok());
  const auto run = start();
  REQUIRE(run.task == id);
  CHECK(tasks.requeue(id, now).ok());
  CHECK(state(id) == task_state::running);
  SECTION("and is refused when the task has succeeded meanwhile") {
    finish(run, verdict::succeeded);
    const auto late = tasks.requeue(id, now);
    CHECK(late.error().code == errc::wrong_state);
    CHECK(late.error().what ==
          "task 3-1 is succeeded since it was requeued, only a dead task can be requeued");
  }
  SECTION("unless the task has died in between") {
    finish(run, verdict::failed, true);
    CHECK(tasks.requeue(id, now).ok());
    CHECK(state(id) == task_state::scheduled);
  }
}

TEST_CASE_METHOD(ledger_fixture, "a cancel that comes twice is one cancel", "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(tasks.cancel(id, now).ok());
  CHECK(tasks.cancel(id, now).ok());
  CHECK(tasks.take_effects().revokes.size() == 1);
  finish(run, verdict::cancelled);
  CHECK(tasks.cancel(id, now).ok());
  CHECK(state(id) == task_state::cancelled);
}

TEST_CASE_METHOD(ledger_fixture, "a cancelled task never starts", "[ledger]") {
  const auto waiting = accept(spec("wash", 5s));
  const auto due = accept(spec());
  CHECK(tasks.cancel(waiting, now).ok());
  CHECK(tasks.cancel(due, now).ok());
  CHECK(tasks.cancel(due, now).ok());
  advance_time(1min);
  CHECK(start().token.value == 0);
  CHECK(state(waiting) == task_state::cancelled);
}

TEST_CASE_METHOD(ledger_fixture, "cancelling a running task asks its worker to end it",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(tasks.cancel(id, now).ok());
  const auto revokes = tasks.take_effects().revokes;
  REQUIRE(revokes.size() == 1);
  CHECK(revokes[0].token == run.token);
  CHECK(state(id) == task_state::running);
  CHECK(finish(run, verdict::failed));
  CHECK(state(id) == task_state::cancelled);
}

TEST_CASE_METHOD(ledger_fixture, "a cancelled run that never reached its worker is cancelled",
                 "[ledger]") {
  const auto id = accept(spec());
  REQUIRE(start(ann).task == id);
  REQUIRE(tasks.cancel(id, now).ok());
  tasks.attach(ann, {}, now);
  CHECK(state(id) == task_state::cancelled);
  advance_time(1min);
  CHECK(start(ann).token.value == 0);
}
