// Promises that no single command keeps, each with the bug that others had. See tests/mutations.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "one step does no more than it was asked to", "[promises]") {
  for (int i = 0; i < 1000; ++i)
    accept(spec("wash", 5s));
  now += 5s;
  const auto waiting = [this] {
    const auto lanes = tasks.lanes();
    return lanes.empty() ? 0 : lanes.at(0).waiting;
  };
  for (std::size_t before = 0; before < 1000; before = waiting()) {
    REQUIRE(tasks.next_wakeup() <= now);
    CHECK(tasks.advance(now, 10) <= 10);
    CHECK(waiting() <= before + 10);
  }
}

TEST_CASE_METHOD(ledger_fixture, "a worker that holds an older attempt does not hold the task",
                 "[promises]") {
  const auto id = accept(spec());
  const auto older = start(ann);
  pass(11s); // Its lease is over: the task is given up,
  pass(10s); // and has rested.
  const auto newer = start(ann);
  REQUIRE(newer.task == id);
  tasks.attach(ann, {older}, now);
  CHECK(state(id) == task_state::scheduled);
}

TEST_CASE_METHOD(ledger_fixture, "a task that expired does not hold up the one behind it",
                 "[promises]") {
  auto late = spec();
  late.start_by = now + 1s;
  accept(late);
  auto good = spec();
  good.priority = -1;
  const auto id = accept(good);
  now += 2s; // The alarm has not rung yet.
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a run is given up for its worker's silence, not for its length",
                 "[promises]") {
  const auto id = accept(spec("wash", 5s));
  pass(5s);
  pass(1h); // It waited for long before it started: no reason to give it less time.
  REQUIRE(start(ann).task == id);
  pass(9s);
  CHECK(state(id) == task_state::running);
  pass(1s);
  CHECK(state(id) == task_state::scheduled);
}

TEST_CASE_METHOD(ledger_fixture, "a paused queue promotes its tasks and wakes nobody",
                 "[promises]") {
  REQUIRE(tasks.set_queue({"default", true, 1, durability::durable}, now).ok());
  for (int i = 0; i < 100; ++i)
    accept(spec("wash", 1s));
  pass(1s);
  CHECK_FALSE(tasks.next_wakeup());
  CHECK(tasks.lanes().empty());
}

TEST_CASE_METHOD(ledger_fixture, "a key is kept while its task runs, fails and dies",
                 "[promises]") {
  auto one = spec();
  one.key = "order-7";
  one.retry.attempts_max = 1;
  const auto id = accept(one);
  CHECK(submit(one).id == id);
  const auto run = start();
  CHECK(submit(one).id == id);
  end(run, verdict::failed);
  REQUIRE(state(id) == task_state::dead);
  CHECK(submit(one).id == id);
  CHECK(submit(one).is_duplicate);
}

TEST_CASE_METHOD(ledger_fixture, "no more settled tasks are remembered than may be", "[promises]") {
  auto few = options;
  few.settled_kept_max = 2;
  ledger small{few, *this, now};
  const auto ids = *small.submit(somebody, 1, {spec(), spec(), spec()}, now);
  for (const auto& one : ids)
    REQUIRE(small.cancel(one.id, now).ok());
  CHECK_FALSE(small.find(ids[0].id));
  CHECK(small.find(ids[1].id));
  CHECK(small.find(ids[2].id));
}
