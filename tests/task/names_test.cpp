// Names of queues and kinds are forgotten when nothing refers to them.
#include "recovered_ledger.hpp"

#include <string>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

constexpr int name_count = 10'000;

struct names_fixture : ledger_fixture {
  task_spec named(const std::string& queue, const std::string& kind) {
    auto task = spec(kind);
    task.queue = queue;
    task.retention = 1min;
    return task;
  }
  /// A queue and a kind of each number.
  std::vector<task_id> accept_named() {
    std::vector<task_id> ids;
    for (int i = 0; i < name_count; ++i)
      ids.push_back(accept(named("queue-" + std::to_string(i), "kind-" + std::to_string(i))));
    return ids;
  }
  void cancel(const std::vector<task_id>& ids) {
    for (const auto id : ids)
      REQUIRE(tasks.cancel(id, now).ok());
  }
  /// What a dispatcher hears.
  std::vector<lane_summary> take_lanes() { return tasks.lanes().take_changed(); }
  [[nodiscard]] std::size_t queue_count() { return tasks.views().queues().size(); }
};

struct counting_sink : snapshot_sink {
  int queues = 0;
  int tasks = 0;

  void add(std::uint64_t, const event& recorded) override {
    queues += std::holds_alternative<queue_settings>(recorded) ? 1 : 0;
    tasks += std::holds_alternative<task_restored>(recorded) ? 1 : 0;
  }
};

} // namespace

TEST_CASE_METHOD(names_fixture, "queues and kinds are forgotten with their last task", "[names]") {
  const auto ids = accept_named();
  CHECK(take_lanes().size() == name_count);
  CHECK(queue_count() == name_count);
  cancel(ids);
  CHECK(take_lanes().size() == name_count);
  CHECK(queue_count() == name_count); // Their tasks can still be looked up.
  advance_time(1min);
  CHECK(tasks.views().size() == 0);
  CHECK(queue_count() == 0);
  CHECK(tasks.lanes().all().empty());

  // Their indexes are free.
  const auto id = accept(named("queue-7", "another"));
  CHECK(tasks.views().rules_of(*tasks.views().find(id)).queue <= 1);
  CHECK(start(ann, "another", "queue-7").task == id);
  CHECK(start(ann, "kind-7", "queue-7").token.value == 0);
}

TEST_CASE_METHOD(names_fixture, "a lane that empties is told before it is forgotten", "[names]") {
  auto task = named("mail", "send");
  task.retention = 0s;
  const auto id = accept(task);
  CHECK(take_lanes().at(0).waiting == 1);
  cancel({id});
  advance_time(1ms);
  CHECK_FALSE(tasks.views().find(id));
  const auto lanes = take_lanes();
  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0].queue == "mail");
  CHECK(lanes[0].kind == "send");
  CHECK(lanes[0].waiting == 0);
  CHECK(queue_count() == 0);
}

TEST_CASE_METHOD(names_fixture, "kinds of one queue are forgotten one by one", "[names]") {
  std::vector<task_id> ids;
  for (int i = 0; i < name_count; ++i)
    ids.push_back(accept(named("mail", "kind-" + std::to_string(i))));
  const auto kept = accept(named("mail", "kept"));
  cancel(ids);
  (void)take_lanes();
  advance_time(1min);
  CHECK(queue_count() == 1);
  const auto lanes = tasks.lanes().all();
  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0].kind == "kept");
  CHECK(start(ann, "kept", "mail").task == kept);
}

TEST_CASE_METHOD(names_fixture, "a queue is kept for its settings until they are usual again",
                 "[names]") {
  for (int i = 0; i < name_count; ++i)
    REQUIRE(tasks.set_queue({.queue = "queue-" + std::to_string(i), .weight = 2}, now).ok());
  CHECK(queue_count() == name_count);
  counting_sink before;
  tasks.snapshots().begin(before);
  CHECK(before.queues == name_count);
  tasks.snapshots().abort();

  for (int i = 0; i < name_count; ++i)
    REQUIRE(tasks.set_queue({.queue = "queue-" + std::to_string(i)}, now).ok());
  CHECK(queue_count() == 0);
  counting_sink after;
  tasks.snapshots().begin(after);
  CHECK(after.queues == 0);
  tasks.snapshots().abort();
}

TEST_CASE_METHOD(names_fixture, "a restart and a snapshot bring no forgotten name back",
                 "[names]") {
  cancel(accept_named());
  advance_time(1min);
  (void)take_lanes();
  counting_sink stored;
  tasks.snapshots().begin(stored);
  while (!tasks.snapshots().write_pages(100)) {
  }
  CHECK(stored.tasks == 0);
  CHECK(stored.queues == 0);

  recovered_ledger again{*this, 1min};
  (void)again.tasks.lanes().all();
  CHECK(again.tasks.views().queues().empty());
  CHECK(again.tasks.views().audit() == std::vector<std::string>{});
}

TEST_CASE_METHOD(names_fixture, "a name that is both a queue's and a kind's is kept for either",
                 "[names]") {
  const auto first = accept(named("mail", "mail"));
  const auto second = accept(named("post", "mail"));
  cancel({first});
  (void)take_lanes();
  advance_time(1min);
  CHECK(queue_count() == 1);
  CHECK(start(ann, "mail", "post").task == second);
}

TEST_CASE_METHOD(names_fixture, "schedules that were removed leave no name behind", "[names]") {
  for (int i = 0; i < 1'000; ++i) {
    schedule_spec schedule;
    schedule.name = "schedule-" + std::to_string(i);
    schedule.when.line = "@daily";
    schedule.task = spec();
    REQUIRE(tasks.put_schedule(schedule, now).ok());
  }
  CHECK(tasks.views().schedules().size() == 1'000);
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(tasks.remove_schedule("schedule-" + std::to_string(i)).ok());
  CHECK(tasks.views().schedules().empty());
}
