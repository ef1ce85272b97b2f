// A clock that was wrong for one start of the node silences no schedule.
#include "recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct wrong_clock_fixture : ledger_fixture {
  schedule_spec hourly;

  wrong_clock_fixture() {
    hourly.name = "hourly";
    hourly.when.line = "0 * * * *";
    hourly.misfire = misfire_policy::run_once;
    hourly.task = spec();
    REQUIRE(tasks.put_schedule(hourly, now).ok());
    advance_time(1h);
  }
  /// The node runs for a moment while its clock is ahead, and the schedule fires.
  void fire_ahead(duration by) {
    const auto fired = known(tasks).fired;
    advance_time(by);
    REQUIRE(known(tasks).fired > fired);
    now -= by;
  }
  static schedule_summary known(const ledger& shard) { return shard.views().schedules().at(0); }
};

} // namespace

TEST_CASE_METHOD(wrong_clock_fixture, "a schedule that fired under a clock far ahead continues",
                 "[schedule]") {
  fire_ahead(24h * 400);
  const auto fired = known(tasks).fired;

  recovered_ledger again{*this};

  CHECK(known(again.tasks).next > now);
  CHECK(known(again.tasks).next <= now + 1h);
  CHECK(known(again.tasks).fired == fired); // It makes up for nothing.
  again.tasks.advance(now + 1h, 1000);
  CHECK(known(again.tasks).fired == fired + 1);
}

TEST_CASE_METHOD(wrong_clock_fixture, "that a schedule continues is recorded", "[schedule]") {
  fire_ahead(24h * 400);
  ledger again{{.shard = {3}, .epoch = 2}, *this, now}; // Records into the same journal.
  const auto written = journal;
  for (const auto& bytes : written)
    REQUIRE(
        wire::read_events(bytes, [&](event recorded) { again.replay(std::move(recorded)); }).ok());
  again.finish_recovery(now);
  CHECK(known(again).next <= now + 1h);

  now += 3h; // The next restart knows that runs were missed since.
  recovered_ledger later{*this};
  CHECK(known(later.tasks).fired == known(again).fired + 1);
}

TEST_CASE_METHOD(wrong_clock_fixture, "a schedule that is put again after a wrong clock continues",
                 "[schedule]") {
  fire_ahead(24h * 400);
  REQUIRE(tasks.put_schedule(hourly, now).ok());
  CHECK(known(tasks).next <= now + 1h);
}

TEST_CASE_METHOD(wrong_clock_fixture,
                 "a schedule fires no instant twice because a clock was set back by hours",
                 "[schedule]") {
  fire_ahead(5h);
  const auto latest = known(tasks).last_nominal;
  recovered_ledger again{*this};
  CHECK(known(again.tasks).next == latest + 1h);
}

TEST_CASE_METHOD(ledger_fixture, "waits are true while the clock runs at half speed", "[ledger]") {
  const auto due = [this](task_id id) { return tasks.views().describe(id, false)->due; };
  auto task = spec();
  task.retry.growth = retry_policy::backoff::fixed;
  task.retry.delay_min = task.retry.delay_max = 10s;
  tasks.set_clock_lead(1h);

  CHECK(due(accept(spec("bake", 4s))) == now + 2s);
  auto fixed = spec("bake");
  fixed.due = now + 4s;
  CHECK(due(accept(fixed)) == now + 4s); // An instant stays one.

  const auto failing = accept(task);
  finish(start(), run_outcome::verdict::failed);
  CHECK(due(failing) == now + 5s);

  const auto snoozing = accept(task);
  const auto run = start();
  run_outcome outcome;
  outcome.task = run.task;
  outcome.token = run.token;
  outcome.end = run_outcome::verdict::snoozed;
  outcome.snooze = 4s;
  REQUIRE(tasks.finish_run(ann, std::move(outcome), now));
  CHECK(due(snoozing) == now + 2s);

  const auto unknown = accept(task);
  finish(start(), run_outcome::verdict::unknown_kind);
  CHECK(due(unknown) == now + 2500ms);

  tasks.set_clock_lead(1s); // The machine's clock will have caught up before the end.
  CHECK(due(accept(spec("bake", 4s))) == now + 3s);
}
