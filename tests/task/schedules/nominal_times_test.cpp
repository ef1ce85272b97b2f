// Which time of its schedule a task stands for.
#include "task/recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

struct nominal_fixture : ledger_fixture {
  /// A schedule that is due every minute and up to 30 s late, and its first task.
  task_id fire() {
    schedule_spec minutely;
    minutely.name = "minutely";
    minutely.when.line = "* * * * *";
    minutely.jitter = 30s;
    minutely.task = spec();
    REQUIRE(tasks.put_schedule(minutely, now).ok());
    advance_time(1min);
    const auto known = tasks.views().schedules().at(0);
    REQUIRE(known.fired == 1);
    nominal = known.last_nominal;
    return known.last_task;
  }
  static instant nominal_of(const ledger& of, task_id id) {
    const auto* found = of.views().find(id);
    REQUIRE(found);
    REQUIRE(found->extra());
    return found->extra()->nominal;
  }

  instant nominal{};
};

} // namespace

TEST_CASE_METHOD(nominal_fixture, "a task knows which time of its schedule it stands for",
                 "[schedule]") {
  const auto id = fire();
  CHECK(nominal.time_since_epoch() % 1min == 0ms);
  CHECK(nominal_of(tasks, id) == nominal);
  CHECK(tasks.views().find(id)->due >= nominal);

  const auto of_a_client = accept(spec());
  CHECK(tasks.views().find(of_a_client)->extra() == nullptr);
}

TEST_CASE_METHOD(nominal_fixture, "the nominal time of a task stays when it is retried",
                 "[schedule]") {
  const auto id = fire();
  advance_time(30s); // It may be late.
  const auto run = start();
  REQUIRE(run.task == id);
  finish(run, verdict::failed);
  CHECK(tasks.views().find(id)->due > nominal + 30s);
  CHECK(nominal_of(tasks, id) == nominal);
}

TEST_CASE_METHOD(nominal_fixture, "the nominal time of a task survives a restart", "[schedule]") {
  const auto id = fire();
  SECTION("from the journal") {
    CHECK(nominal_of(recovered_ledger{*this}.tasks, id) == nominal);
  }
  SECTION("from a snapshot") {
    snapshot_records snapshot;
    tasks.snapshots().begin(snapshot);
    REQUIRE(tasks.snapshots().write_pages(100));
    CHECK(nominal_of(recovered_ledger{*this, snapshot.records}.tasks, id) == nominal);
  }
}

TEST_CASE_METHOD(nominal_fixture, "a schedule of a volatile queue recovers without its task",
                 "[schedule]") {
  REQUIRE(tasks.set_queue({.queue = "default", .level = durability::in_memory}, now).ok());
  const auto id = fire();
  CHECK(nominal_of(tasks, id) == nominal);

  recovered_ledger again{*this};
  CHECK(again.tasks.views().find(id) == nullptr);
  CHECK(again.tasks.views().schedules().at(0).last_nominal == nominal);
}
