// What would submit a task anew.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

struct specs_fixture : ledger_fixture {
  task_spec spec_of(task_id id) {
    const auto views = tasks.views();
    return views.spec_of(*views.find(id));
  }
};

} // namespace

TEST_CASE_METHOD(specs_fixture, "a task that waits is told as it was submitted", "[ledger]") {
  auto task = spec();
  task.queue = "low";
  task.priority = 7;
  task.due = now + 1h;
  task.start_by = now + 2h;
  task.complete_by = now + 3h;
  task.timeout = 5min;
  task.retry.attempts_max = 3;
  task.retry.rules = {{"dirty", false, -1ms}};
  task.key = "order-7";
  task.key_ttl = 48h;
  task.retention = 10min;
  CHECK(spec_of(accept(task)) == task);
}

TEST_CASE_METHOD(specs_fixture, "a delay is told as the instant at which it ends", "[ledger]") {
  auto task = spec("wash", 1h);
  const auto told = spec_of(accept(task));
  CHECK(told.due == now + 1h);
  CHECK(told.delay == 0s);
}

TEST_CASE_METHOD(specs_fixture, "a retry is told with its due instant and no start-by deadline",
                 "[ledger]") {
  auto task = spec();
  task.start_by = now + 1min;
  task.retry.delay_min = 1h;
  const auto id = accept(task);
  const auto run = start();
  begin(run);
  finish(run, verdict::failed);
  const auto told = spec_of(id);
  CHECK(told.due == now + 1h);
  CHECK_FALSE(told.start_by.has_value());
  CHECK(told.retry == task.retry);
}

TEST_CASE_METHOD(specs_fixture, "a key that names another task is not told", "[ledger]") {
  auto task = spec();
  task.key = "order-7";
  task.key_ttl = 1h;
  const auto first = accept(task);
  advance_time(61min);
  const auto second = accept(task);
  REQUIRE(first != second);
  CHECK(spec_of(first).key.empty());
  CHECK(spec_of(second).key == "order-7");
}
