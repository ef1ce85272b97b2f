// A node that stood still finds many timers expired at once, and the first may overrule the rest.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A running task whose worker falls silent; its time limit ends later than the worker's lease.
struct late_timers : ledger_fixture {
  task_id start_limited() {
    auto one = spec();
    one.timeout = 20s;
    one.retry.delay_min = 1min;
    one.retry.delay_max = 1min;
    const auto id = accept(one);
    start();
    return id;
  }
};

} // namespace

TEST_CASE_METHOD(late_timers, "a task that settles late is kept for its retention", "[ledger]") {
  const auto id = start_limited();
  REQUIRE(tasks.cancel(id, now).ok());

  pass(1min);

  REQUIRE(tasks.describe(id, false).has_value());
  CHECK(state(id) == task_state::cancelled);
}

TEST_CASE_METHOD(late_timers, "a lease is as much longer as its shard stood still", "[ledger]") {
  const auto id = accept(spec());
  start();

  CHECK(tasks.compensate_stall(now - 20s, now) == 20s);
  pass(options.runs.lease + 19s);
  CHECK(state(id) == task_state::running);

  pass(1s);
  CHECK(tasks.describe(id, false)->last_error.starts_with("worker_lost"));
}

TEST_CASE_METHOD(late_timers, "a task that was started leaves no timer of its start-by instant",
                 "[ledger]") {
  auto one = spec();
  one.start_by = now + 24h;
  one.retention = 0s;
  accept(one);
  end(start(), run_outcome::verdict::succeeded);

  pass(options.runs.lease + 1s); // Until the worker's session is forgotten, too.

  CHECK_FALSE(tasks.next_wakeup().has_value());
}

TEST_CASE_METHOD(late_timers, "a run that is lost late rests before it is tried again",
                 "[ledger]") {
  const auto id = start_limited();

  pass(1min);

  CHECK(tasks.describe(id, false)->crashes == 1);
  CHECK(state(id) == task_state::scheduled);
  pass(59s);
  CHECK(state(id) == task_state::scheduled);
  pass(1s);
  CHECK(state(id) == task_state::ready);
}

TEST_CASE_METHOD(late_timers,
                 "an alarm that rings on time, or after another, makes no lease longer",
                 "[ledger]") {
  const auto id = accept(spec());
  start();

  CHECK(tasks.compensate_stall(now, now) == 0s);
  CHECK(tasks.compensate_stall(now - 499ms, now) == 0s);
  tasks.advance(now, 100);
  CHECK(tasks.compensate_stall(now - 20s, now) == 0s); // The stall was seen to before.

  pass(options.runs.lease);
  CHECK(tasks.describe(id, false)->last_error.starts_with("worker_lost"));
}
