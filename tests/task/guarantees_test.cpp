// Guarantees that no single command keeps, each with a bug of other schedulers. See
// tests/mutations.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "one step handles no more timers than its limit", "[promises]") {
  for (int i = 0; i < 1000; ++i)
    accept(spec("wash", 5s));
  now += 5s;
  const auto waiting = [this] {
    const auto lanes = tasks.lanes().all();
    return lanes.empty() ? 0 : lanes.at(0).waiting;
  };
  for (std::size_t before = 0; before < 1000; before = waiting()) {
    REQUIRE(tasks.next_wakeup() <= now);
    CHECK(tasks.advance(now, 10) <= 10);
    CHECK(waiting() <= before + 10);
  }
}

TEST_CASE_METHOD(ledger_fixture, "a worker that holds an older attempt does not keep the task",
                 "[promises]") {
  const auto id = accept(spec());
  const auto older = start(ann);
  advance_time(11s); // Its lease ends: the task backs off
  advance_time(10s); // and is ready again.
  const auto newer = start(ann);
  REQUIRE(newer.task == id);
  tasks.attach(ann, {older}, now);
  CHECK(state(id) == task_state::scheduled);
}

TEST_CASE_METHOD(ledger_fixture, "an expired task does not block the one behind it", "[promises]") {
  auto late = spec();
  late.start_by = now + 1s;
  accept(late);
  auto good = spec();
  good.priority = -1;
  const auto id = accept(good);
  now += 2s; // The ledger was not advanced yet.
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a run is lost when its lease ends, however long its task waited",
                 "[promises]") {
  const auto id = accept(spec("wash", 5s));
  advance_time(5s);
  advance_time(1h); // The lease counts from the start, not from the due instant.
  REQUIRE(start(ann).task == id);
  advance_time(9s);
  CHECK(state(id) == task_state::running);
  advance_time(1s);
  CHECK(state(id) == task_state::scheduled);
}

TEST_CASE_METHOD(ledger_fixture, "a paused queue promotes its tasks and offers none",
                 "[promises]") {
  REQUIRE(tasks.set_queue({.queue = "default", .is_paused = true}, now).ok());
  for (int i = 0; i < 100; ++i)
    accept(spec("wash", 1s));
  advance_time(1s);
  CHECK_FALSE(tasks.next_wakeup());
  CHECK(tasks.lanes().all().empty());
}

TEST_CASE_METHOD(ledger_fixture, "a key is kept while its task runs, fails and dies",
                 "[promises]") {
  auto task = spec();
  task.key = "order-7";
  task.retry.attempts_max = 1;
  const auto id = accept(task);
  CHECK(submit(task).id == id);
  const auto run = start();
  CHECK(submit(task).id == id);
  finish(run, verdict::failed);
  REQUIRE(state(id) == task_state::dead);
  CHECK(submit(task).id == id);
  CHECK(submit(task).is_duplicate);
}

TEST_CASE_METHOD(ledger_fixture, "settled tasks beyond the limit are forgotten, oldest first",
                 "[promises]") {
  auto few = options;
  few.settled_kept_max = 2;
  ledger small{few, *this, now};
  const auto ids = *small.submit(client, 1, {spec(), spec(), spec()}, now);
  for (const auto& outcome : ids)
    REQUIRE(small.cancel(outcome.id, now).ok());
  CHECK_FALSE(small.views().find(ids[0].id));
  CHECK(small.views().find(ids[1].id));
  CHECK(small.views().find(ids[2].id));
}
