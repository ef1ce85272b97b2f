// After a stall many timers expire at once, and the first may overrule the others.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A running task whose worker sends no heartbeats; its time limit ends later than the worker's
/// lease.
struct late_timers : ledger_fixture {
  task_id start_limited() {
    auto task = spec();
    task.timeout = 20s;
    task.retry.delay_min = 1min;
    task.retry.delay_max = 1min;
    const auto id = accept(task);
    start();
    return id;
  }
};

} // namespace

TEST_CASE_METHOD(late_timers, "a task that settles late is kept for its retention", "[ledger]") {
  const auto id = start_limited();
  REQUIRE(tasks.cancel(id, now).ok());

  advance_time(1min);

  REQUIRE(tasks.views().describe(id, false).has_value());
  CHECK(state(id) == task_state::cancelled);
}

TEST_CASE_METHOD(late_timers, "a stall of the shard extends leases by its length", "[ledger]") {
  const auto id = accept(spec());
  start();

  CHECK(tasks.compensate_stall(now - 20s, now) == 20s);
  advance_time(options.runs.lease + 19s);
  CHECK(state(id) == task_state::running);

  advance_time(1s);
  CHECK(tasks.views().describe(id, false)->last_error.starts_with("worker_lost"));
}

TEST_CASE_METHOD(late_timers, "a task that was started leaves no timer of its start-by instant",
                 "[ledger]") {
  auto task = spec();
  task.start_by = now + 24h;
  task.retention = 0s;
  accept(task);
  finish(start(), run_outcome::verdict::succeeded);

  advance_time(options.runs.lease + 1s); // Until the worker's session is forgotten, too.

  CHECK_FALSE(tasks.next_wakeup().has_value());
}

TEST_CASE_METHOD(late_timers, "a run that is lost late backs off before its retry", "[ledger]") {
  const auto id = start_limited();

  advance_time(1min);

  CHECK(tasks.views().describe(id, false)->crashes == 1);
  CHECK(state(id) == task_state::scheduled);
  advance_time(59s);
  CHECK(state(id) == task_state::scheduled);
  advance_time(1s);
  CHECK(state(id) == task_state::ready);
}

TEST_CASE_METHOD(late_timers, "a stall extends the leases once, whatever notices it", "[ledger]") {
  const auto set_for = now;
  now += 20s;
  CHECK(tasks.compensate_stall(set_for, now) == 20s); // A message does.
  now += 100ms;
  CHECK(tasks.compensate_stall(set_for, now) == 0s); // The alarm itself follows it.
  now += 600ms;
  CHECK(tasks.compensate_stall(set_for, now) == 700ms); // It still has not come.
}

TEST_CASE_METHOD(late_timers, "an alarm on time, or after another, extends no lease", "[ledger]") {
  const auto id = accept(spec());
  start();

  CHECK(tasks.compensate_stall(now, now) == 0s);
  CHECK(tasks.compensate_stall(now - 499ms, now) == 0s);
  tasks.advance(now, 100);
  CHECK(tasks.compensate_stall(now - 20s, now) == 0s); // The stall was compensated before.

  advance_time(options.runs.lease);
  CHECK(tasks.views().describe(id, false)->last_error.starts_with("worker_lost"));
}
