// Runs that were granted and never began.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "a pause recalls runs of its queue that have not begun",
                 "[ledger]") {
  const auto id = accept(spec());
  auto elsewhere = spec();
  elsewhere.queue = "other";
  accept(elsewhere);
  const auto run = start();
  start(ann, "wash", "other");
  (void)tasks.take_effects();

  REQUIRE(tasks.set_queue({.queue = "default", .is_paused = true}, now).ok());

  const auto recalls = tasks.take_effects().recalls;
  REQUIRE(recalls.size() == 1);
  CHECK(recalls[0].session == ann);
  CHECK(recalls[0].task == id);
  CHECK(recalls[0].token == run.token);

  // A worker that attaches again gets the recall again.
  tasks.attach(ann, {run}, now);
  CHECK(tasks.take_effects().recalls.size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never began does not count as a start", "[ledger]") {
  auto task = spec();
  task.start_by = now + 2s;
  const auto id = accept(task);
  SECTION("because its worker gave it back") {
    finish(start(), verdict::not_started);
  }
  SECTION("because its worker does not know the kind") {
    finish(start(), verdict::unknown_kind);
  }
  SECTION("because its grant was lost on the way") {
    tasks.attach(start().session, {}, now);
  }
  CHECK_FALSE(tasks.views().describe(id, false)->started_at);
  advance_time(2s + 1ms);
  advance_time(5s);
  CHECK(state(id) == task_state::expired);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never began does not undo an earlier start",
                 "[ledger]") {
  auto task = spec();
  task.start_by = now + 2s;
  const auto id = accept(task);
  finish(start(), verdict::snoozed);
  advance_time(1s);
  finish(start(), verdict::not_started);
  advance_time(5s);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never began keeps its attempt and its place",
                 "[ledger]") {
  const auto first = accept(spec());
  advance_time(1s);
  const auto second = accept(spec());
  finish(start(), verdict::not_started);
  advance_time(1ms);
  CHECK(tasks.views().describe(first, false)->attempt == 0);
  CHECK(start().task == first);
  CHECK(start().task == second);
}

TEST_CASE_METHOD(ledger_fixture, "a lease that ends before its grant was sent costs no attempt",
                 "[ledger]") {
  auto once = spec();
  once.retry.attempts_max = 1;
  const auto id = accept(once);
  tasks.sessions().renew(ann, now);
  REQUIRE(tasks.grant(ann, "default", "wash", 1, now) == 1);

  SECTION("because its start is not written yet") {
    advance_time(11s);
    CHECK(state(id) == task_state::ready);
    CHECK(tasks.views().describe(id, false)->attempt == 0);
    CHECK(tasks.views().describe(id, false)->crashes == 0);
  }
  SECTION("and its task is cancelled") {
    REQUIRE(tasks.cancel(id, now).ok());
    advance_time(11s);
    CHECK(state(id) == task_state::cancelled);
  }
  SECTION("but one that was sent may have begun: it counts as a crash") {
    tasks.sessions().mark_sent(tasks.take_effects().grants.at(0));
    advance_time(11s);
    CHECK(state(id) == task_state::dead);
    CHECK(tasks.views().describe(id, false)->crashes == 1);
  }
}
