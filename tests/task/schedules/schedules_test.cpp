#include "task/ledger_fixture.hpp"
#include "task/recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

struct schedule_fixture : ledger_fixture {
  void put(overlap_policy overlap = overlap_policy::allow,
           misfire_policy misfire = misfire_policy::run_once) {
    schedule_spec minutely;
    minutely.name = "minutely";
    minutely.when.line = "* * * * *";
    minutely.overlap = overlap;
    minutely.misfire = misfire;
    minutely.catch_up_max = 3;
    minutely.task = spec();
    REQUIRE(tasks.put_schedule(minutely, now).ok());
  }
  schedule_summary known() { return tasks.views().schedules().at(0); }
  std::uint64_t waiting() {
    const auto queues = tasks.views().queues();
    return queues.empty() ? 0 : queues.at(0).counts[static_cast<std::size_t>(task_state::ready)];
  }
};

} // namespace

TEST_CASE_METHOD(schedule_fixture, "a schedule submits one task for each nominal time",
                 "[schedule]") {
  put();
  for (int minute = 0; minute < 5; ++minute)
    advance_time(1min);
  CHECK(known().fired == 5);
  CHECK(waiting() == 5);
  CHECK(tasks.views().describe(known().last_task, false)->schedule == "minutely");
}

TEST_CASE_METHOD(schedule_fixture, "missed runs follow the misfire policy", "[schedule]") {
  SECTION("run_once") {
    put();
    advance_time(10min);
    CHECK(known().fired == 1);
  }
  SECTION("run_all, up to its limit") {
    put(overlap_policy::allow, misfire_policy::run_all);
    advance_time(10min);
    CHECK(known().fired == 3);
  }
  SECTION("and are not made up for later") {
    put();
    advance_time(10min);
    advance_time(1min);
    CHECK(known().fired == 2);
  }
}

TEST_CASE_METHOD(schedule_fixture, "a schedule that skips leaves out runs that overlap",
                 "[schedule]") {
  put(overlap_policy::skip);
  for (int minute = 0; minute < 3; ++minute)
    advance_time(1min);
  CHECK(known().fired == 1);
  CHECK(known().skipped == 2);
}

TEST_CASE_METHOD(schedule_fixture, "a schedule that queues one runs it when the other settles",
                 "[schedule]") {
  put(overlap_policy::queue_one);
  advance_time(1min);
  const auto first = start();
  for (int second = 0; second < 60; ++second) {
    advance_time(2s);
    tasks.sessions().renew(ann, now);
  }
  CHECK(known().fired == 1);
  finish(first, verdict::succeeded);
  advance_time(0ms);
  CHECK(known().fired == 2);
  CHECK(waiting() == 1);
}

TEST_CASE_METHOD(schedule_fixture, "a schedule that cancels the other cancels its last task",
                 "[schedule]") {
  put(overlap_policy::cancel_other);
  advance_time(1min);
  const auto first = known().last_task;
  advance_time(1min);
  CHECK(state(first) == task_state::cancelled);
  CHECK(waiting() == 1);
}

TEST_CASE_METHOD(schedule_fixture, "a schedule put again unchanged neither repeats nor skips",
                 "[schedule]") {
  put();
  advance_time(1min);
  put();
  advance_time(1min);
  CHECK(known().fired == 2);
}

TEST_CASE_METHOD(schedule_fixture, "a removed schedule fires no more", "[schedule]") {
  put();
  REQUIRE(tasks.remove_schedule("minutely").ok());
  advance_time(10min);
  CHECK(tasks.views().size() == 0);
  CHECK(tasks.remove_schedule("minutely").error().code == errc::not_found);
}

TEST_CASE_METHOD(schedule_fixture, "a schedule with a bad line is refused by its field",
                 "[schedule]") {
  schedule_spec bad;
  bad.name = "bad";
  bad.when.line = "0 25 * * *";
  bad.task = spec();
  CHECK(tasks.put_schedule(bad, now).error().what.find("hour") != std::string::npos);
}

TEST_CASE_METHOD(schedule_fixture, "a paused schedule submits nothing and makes up for nothing",
                 "[schedule]") {
  put(overlap_policy::allow, misfire_policy::run_all);
  REQUIRE(tasks.set_schedule_paused("minutely", true, 1, now).ok());
  CHECK(known().next == instant_max);
  advance_time(10min);
  CHECK(known().fired == 0);
  REQUIRE(tasks.set_schedule_paused("minutely", false, 2, now).ok());
  advance_time(0ms);
  CHECK(known().fired == 0);
  advance_time(1min);
  CHECK(known().fired == 1);
}

TEST_CASE_METHOD(schedule_fixture, "a schedule stays paused when it is put again, or restarts",
                 "[schedule]") {
  put();
  REQUIRE(tasks.set_schedule_paused("minutely", true, 1, now).ok());
  put();
  CHECK(known().is_paused);
  const recovered_ledger again{*this};
  CHECK(again.tasks.views().schedules().at(0).is_paused);
  CHECK(again.tasks.views().schedules().at(0).next == instant_max);
  advance_time(10min);
  CHECK(known().fired == 0);
}

TEST_CASE_METHOD(schedule_fixture, "a schedule that waits for its task to settle can be paused",
                 "[schedule]") {
  put(overlap_policy::queue_one);
  advance_time(1min);
  const auto run = start();
  for (int second = 0; second < 60; second += 2) {
    advance_time(2s);
    tasks.sessions().renew(ann, now);
  }
  REQUIRE(tasks.set_schedule_paused("minutely", true, 1, now).ok());
  finish(run, verdict::succeeded);
  advance_time(1min);
  CHECK(known().fired == 1);
}

TEST_CASE_METHOD(schedule_fixture, "a triggered schedule submits a task now and keeps its times",
                 "[schedule]") {
  put();
  const auto next = known().next;
  REQUIRE(tasks.trigger_schedule("minutely", 1, now).ok());
  CHECK(known().fired == 1);
  CHECK(known().next == next);
  const auto task = *tasks.views().describe(known().last_task, false);
  CHECK(task.schedule == "minutely");
  CHECK(task.due == now);
  CHECK(start().task == task.id);
  advance_time(1min);
  CHECK(known().fired == 2);
}

TEST_CASE_METHOD(schedule_fixture, "the overlap policy looks at the task of a trigger",
                 "[schedule]") {
  put(overlap_policy::skip);
  REQUIRE(tasks.trigger_schedule("minutely", 1, now).ok());
  advance_time(1min);
  CHECK(known().fired == 1);
  CHECK(known().skipped == 1);
}

TEST_CASE_METHOD(schedule_fixture, "a paused schedule can be triggered", "[schedule]") {
  put();
  REQUIRE(tasks.set_schedule_paused("minutely", true, 1, now).ok());
  REQUIRE(tasks.trigger_schedule("minutely", 2, now).ok());
  advance_time(10min);
  CHECK(known().fired == 1);
}

TEST_CASE_METHOD(schedule_fixture, "a trigger or a pause that comes twice is one", "[schedule]") {
  put();
  REQUIRE(tasks.trigger_schedule("minutely", 1, now).ok());
  CHECK(tasks.trigger_schedule("minutely", 1, now).ok());
  CHECK(known().fired == 1);
  REQUIRE(tasks.set_schedule_paused("minutely", true, 2, now).ok());
  REQUIRE(tasks.set_schedule_paused("minutely", false, 3, now).ok());
  CHECK(tasks.set_schedule_paused("minutely", true, 2, now).ok());
  CHECK_FALSE(known().is_paused);
  CHECK(tasks.trigger_schedule("other", 4, now).error().code == errc::not_found);
  CHECK(tasks.set_schedule_paused("other", true, 5, now).error().code == errc::not_found);
}

TEST_CASE_METHOD(schedule_fixture, "changes of a schedule by two clients both hold", "[schedule]") {
  put();
  REQUIRE(tasks.change_schedule("minutely", {.queue = "special"}, 1, now).ok());
  REQUIRE(tasks.change_schedule("minutely", {.line = "0 * * * *", .priority = 9}, 2, now).ok());
  CHECK(known().spec.task.queue == "special");
  CHECK(known().spec.task.priority == 9);
  CHECK(known().spec.when.line == "0 * * * *");
  CHECK(tasks.change_schedule("minutely", {.line = "0 25 * * *"}, 3, now).error().code ==
        errc::invalid_argument);
  CHECK(tasks.change_schedule("other", {.priority = 1}, 4, now).error().code == errc::not_found);
}

TEST_CASE_METHOD(schedule_fixture, "a put, change or removal that comes twice is one",
                 "[schedule]") {
  put();
  auto spec = known().spec;
  spec.task.priority = 5;
  REQUIRE(tasks.put_schedule(spec, now, 1).ok());
  REQUIRE(tasks.change_schedule("minutely", {.priority = 6}, 2, now).ok());
  REQUIRE(tasks.change_schedule("minutely", {.priority = 7}, 3, now).ok());
  CHECK(tasks.put_schedule(spec, now, 1).ok());
  CHECK(tasks.change_schedule("minutely", {.priority = 6}, 2, now).ok());
  CHECK(known().spec.task.priority == 7);

  recovered_ledger again{*this};
  CHECK(again.tasks.put_schedule(spec, now, 1).ok());
  CHECK(again.tasks.views().schedules().at(0).spec.task.priority == 7);

  REQUIRE(tasks.remove_schedule("minutely", 4).ok());
  CHECK(tasks.remove_schedule("minutely", 4).ok());
  CHECK(tasks.change_schedule("minutely", {.priority = 6}, 2, now).ok());
  CHECK(tasks.views().schedules().empty());
}

TEST_CASE_METHOD(schedule_fixture, "tasks are listed by the schedule that submitted them",
                 "[schedule]") {
  put();
  accept(spec());
  REQUIRE(tasks.trigger_schedule("minutely", 1, now).ok());
  page_filter filter;
  filter.schedule = "minutely";
  const auto page = tasks.views().list(filter, 0, 10);
  REQUIRE(page.tasks.size() == 1);
  CHECK(page.tasks[0].id == known().last_task);
}
