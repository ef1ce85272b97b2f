// Changing tasks that wait.
#include "ledger_fixture.hpp"
#include "recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

struct changes_fixture : ledger_fixture {
  std::uint64_t command = 100;

  result<done> change(task_id id, const task_change& change) {
    return tasks.change(id, change, ++command, now);
  }
  result<done> run_now(task_id id) { return change(id, {.delay = duration{0}}); }
  instant due(task_id id) { return tasks.views().describe(id, false)->due; }
  /// The text of the refusal.
  std::string refused(const result<done>& outcome, errc code = errc::wrong_state) {
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().code == code);
    return outcome.error().what;
  }
};

} // namespace

TEST_CASE_METHOD(changes_fixture, "a task that is run now does not wait until it was due",
                 "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  CHECK(start().token.value == 0);
  REQUIRE(run_now(id).ok());
  advance_time(0ms);
  CHECK(due(id) == now);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(changes_fixture, "a task that waits for its retry can be run now", "[ledger]") {
  auto task = spec();
  task.retry.delay_min = task.retry.delay_max = 1h;
  const auto id = accept(task);
  finish(start(), verdict::failed);
  CHECK(state(id) == task_state::scheduled);
  REQUIRE(run_now(id).ok());
  advance_time(0ms);
  CHECK(start().task == id);
  CHECK(tasks.views().describe(id, false)->attempt == 2);
}

TEST_CASE_METHOD(changes_fixture, "a rescheduled task starts at its new instant, not before",
                 "[ledger]") {
  const auto waiting = accept(spec("wash", 1min));
  const auto ready = accept(spec());
  REQUIRE(change(waiting, {.due = now + 1h}).ok());
  REQUIRE(change(ready, {.delay = 2h}).ok());
  CHECK(state(ready) == task_state::scheduled);
  advance_time(1h - 1ms);
  CHECK(start().token.value == 0);
  advance_time(1ms);
  const auto run = start();
  CHECK(run.task == waiting);
  finish(run, verdict::succeeded);
  CHECK(start().token.value == 0);
  advance_time(1h);
  CHECK(start().task == ready);
}

TEST_CASE_METHOD(changes_fixture, "a task may be moved away and back", "[ledger]") {
  const auto id = accept(spec("wash", 1min));
  const auto first = due(id);
  REQUIRE(change(id, {.due = first + 1min}).ok());
  REQUIRE(change(id, {.due = first}).ok());
  advance_time(1min);
  REQUIRE(start().task == id);
  CHECK(start().token.value == 0);
}

TEST_CASE_METHOD(changes_fixture, "a ready task that is run now keeps its place", "[ledger]") {
  const auto first = accept(spec());
  const auto accepted = now;
  advance_time(1s);
  const auto second = accept(spec());
  advance_time(1s);
  REQUIRE(run_now(first).ok());
  CHECK(due(first) == accepted);
  CHECK(start().task == first);
  CHECK(start().task == second);
}

TEST_CASE_METHOD(changes_fixture, "a changed priority counts at once, raised or lowered",
                 "[ledger]") {
  auto high = spec();
  high.priority = 10;
  const auto lowered = accept(high);
  const auto usual = accept(spec());
  const auto raised = accept(spec());
  REQUIRE(change(lowered, {.priority = -1}).ok());
  REQUIRE(change(raised, {.priority = 1}).ok());
  CHECK(start().task == raised);
  CHECK(start().task == usual);
  CHECK(start().task == lowered);
  CHECK(start().token.value == 0);
}

TEST_CASE_METHOD(changes_fixture, "a task runs with its latest payload", "[ledger]") {
  const auto id = accept(spec("wash", 1s));
  REQUIRE(change(id, {.payload = "another payload"}).ok());
  CHECK(tasks.views().describe(id, true)->payload == "another payload");
  REQUIRE(change(id, {.payload = ""}).ok());
  CHECK(tasks.views().describe(id, true)->payload.empty());
  CHECK(due(id) == now + 1s);
}

TEST_CASE_METHOD(changes_fixture, "a task that a worker has, or that is settled, is not changed",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(refused(change(id, {.priority = 1})) ==
        "task 3-1 is running, only a task that waits (scheduled or ready) can be changed");
  finish(run, verdict::succeeded);
  CHECK(refused(run_now(id)) ==
        "task 3-1 is succeeded, only a task that waits (scheduled or ready) can be changed");
  const auto dead = accept(spec());
  finish(start(), verdict::failed, true);
  CHECK_THAT(refused(run_now(dead)), Catch::Contains("is dead") && Catch::Contains("requeued"));
  tasks.sessions().set_tells_begin(ann, true);
  const auto reserved = accept(spec());
  REQUIRE(start().task == reserved);
  CHECK_THAT(refused(run_now(reserved)), Catch::Contains("is reserved"));
  CHECK_THAT(refused(run_now(task_id::of({3}, 99)), errc::not_found), Catch::Contains("not found"));
}

TEST_CASE_METHOD(changes_fixture, "a change that comes twice is one change with one answer",
                 "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  const auto change_once = [&] { return tasks.change(id, {.delay = 0ms}, 7, now); };
  REQUIRE(change_once().ok());
  const auto events = journal.size();
  CHECK(change_once().ok());
  CHECK(journal.size() == events);
  SECTION("though the task runs meanwhile") {
    advance_time(0ms);
    const auto run = start();
    REQUIRE(run.task == id);
    CHECK(change_once().ok());
    finish(run, verdict::succeeded);
    CHECK(change_once().ok());
  }
  SECTION("though the task was changed again meanwhile") {
    REQUIRE(change(id, {.delay = 1min}).ok());
    CHECK(change_once().ok());
    CHECK(due(id) == now + 1min);
  }
  SECTION("though the shard has restarted from a snapshot meanwhile") {
    REQUIRE(change(id, {.delay = 1min}).ok());
    snapshot_records snapshot;
    tasks.snapshots().begin(snapshot);
    REQUIRE(tasks.snapshots().write_pages(10));
    recovered_ledger again{*this, snapshot.records};
    CHECK(again.tasks.change(id, {.delay = 0ms}, 7, now).ok());
    CHECK(again.tasks.views().describe(id, false)->due == now + 1min);
  }
  SECTION("though the shard has restarted meanwhile") {
    REQUIRE(change(id, {.delay = 1min}).ok());
    recovered_ledger again{*this};
    CHECK(again.tasks.change(id, {.delay = 0ms}, 7, now).ok());
    CHECK(again.tasks.views().describe(id, false)->due == now + 1min);
  }
}

TEST_CASE_METHOD(changes_fixture, "a change without a number is carried out each time",
                 "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  REQUIRE(tasks.change(id, {.delay = 1min}, 0, now).ok());
  REQUIRE(tasks.change(id, {.delay = 2min}, 0, now).ok());
  CHECK(due(id) == now + 2min);
}

TEST_CASE_METHOD(changes_fixture, "changes survive a restart", "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  REQUIRE(change(id, {.due = now + 1s, .priority = 7, .payload = "stockings"}).ok());
  const auto ready = accept(spec());
  advance_time(0ms);
  REQUIRE(change(ready, {.delay = 1h}).ok());
  recovered_ledger again{*this};
  CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
  CHECK(again.tasks.views().describe(ready, true) == tasks.views().describe(ready, true));
  CHECK(again.tasks.views().audit() == std::vector<std::string>{});
}

TEST_CASE_METHOD(changes_fixture, "what a change sets is checked as at a submit", "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  const auto why = [&](const task_change& wrong) {
    return refused(change(id, wrong), errc::invalid_argument);
  };
  CHECK_THAT(why({}), Catch::Contains("the change is empty"));
  CHECK_THAT(why({.due = now, .delay = 0ms}), Catch::Contains("both given"));
  CHECK_THAT(why({.priority = 101}), Catch::Contains("priority is 101, expected -100 to 100"));
  CHECK_THAT(why({.delay = -1ms}), Catch::Contains("delay is"));
  CHECK_THAT(why({.due = now + options.submits.horizon + 1h}), Catch::Contains("ahead"));
  const std::string large(options.submits.payload_bytes_max + 1, 'x');
  CHECK_THAT(refused(change(id, {.payload = large}), errc::too_large), Catch::Contains("payload"));
  CHECK(journal.size() == 2); // The task and its batch.
}

TEST_CASE_METHOD(changes_fixture, "no task is moved behind its deadline", "[ledger]") {
  auto task = spec("wash", 1min);
  task.start_by = now + 1h;
  const auto id = accept(task);
  CHECK_THAT(refused(change(id, {.delay = 2h}), errc::invalid_argument),
             Catch::Contains("the start-by deadline is") &&
                 Catch::Contains("the task could never start"));
  CHECK(change(id, {.delay = 1h}).ok());
  advance_time(1h);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(changes_fixture, "a task that is changed a thousand times starts once",
                 "[ledger]") {
  const auto usual = accept(spec());
  const auto id = accept(spec());
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(change(id, {.priority = i % 2}).ok());
  CHECK(start().task == id);
  CHECK(start().task == usual);
  CHECK(start().token.value == 0);
}

TEST_CASE_METHOD(changes_fixture, "a deleted task is forgotten, whether it waited or was settled",
                 "[ledger]") {
  const auto scheduled = accept(spec("wash", 1h));
  const auto ready = accept(spec());
  const auto dead = accept(spec("iron"));
  finish(start(ann, "iron"), verdict::failed, true);
  const auto succeeded = accept(spec("iron"));
  finish(start(ann, "iron"), verdict::succeeded);
  for (const auto id : {scheduled, ready, dead, succeeded}) {
    REQUIRE(tasks.remove(id, ++command, now).ok());
    CHECK(tasks.views().missing(id).code == errc::forgotten);
  }
  CHECK(tasks.views().size() == 0);
  CHECK(start().token.value == 0);
  CHECK(recovered_ledger{*this}.tasks.views().size() == 0);
}

TEST_CASE_METHOD(changes_fixture, "a task that a worker has is not deleted", "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(refused(tasks.remove(id, ++command, now)) ==
        "task 3-1 is running, cancel it before it is deleted");
  finish(run, verdict::succeeded);
  CHECK(tasks.remove(id, ++command, now).ok());
}

TEST_CASE_METHOD(changes_fixture, "a deletion that comes twice is one deletion", "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  REQUIRE(tasks.remove(id, 7, now).ok());
  CHECK(tasks.remove(id, 7, now).ok());
  CHECK(refused(tasks.remove(id, 8, now), errc::forgotten) == tasks.views().missing(id).what);
}

TEST_CASE_METHOD(changes_fixture, "who waits for a task that is deleted learns that it never ran",
                 "[ledger]") {
  const auto id = accept(spec("wash", 1h));
  tasks.waits().watch(id);
  REQUIRE(tasks.remove(id, ++command, now).ok());
  CHECK(tasks.take_effects().settled == std::vector<task_id>{id});
  CHECK(tasks.views().outcome(id)->state == task_state::cancelled);
}

TEST_CASE_METHOD(changes_fixture, "a deleted task is in no later snapshot", "[ledger]") {
  const auto kept = accept(spec("wash", 1h));
  const auto id = accept(spec("wash", 1h));
  snapshot_records first;
  tasks.snapshots().begin(first);
  REQUIRE(tasks.snapshots().write_pages(10));
  REQUIRE(tasks.remove(id, ++command, now).ok());
  snapshot_records second;
  tasks.snapshots().begin(second);
  REQUIRE(tasks.snapshots().write_pages(10));
  recovered_ledger again{*this, second.records};
  CHECK(again.tasks.views().size() == 1);
  CHECK(again.tasks.views().find(kept) != nullptr);
}

TEST_CASE_METHOD(changes_fixture,
                 "the deletion of a task that a replay has forgotten is passed over", "[ledger]") {
  const auto id = accept(spec());
  finish(start(), verdict::succeeded);
  REQUIRE(tasks.remove(id, ++command, now).ok());
  null_sink sink;
  ledger forgetful{{.shard = {3}, .epoch = 2}, sink, now};
  REQUIRE(wire::read_events(journal.back(), [&](event recorded) {
            forgetful.replay(std::move(recorded));
          }).ok());
  forgetful.finish_recovery(now);
  CHECK(forgetful.views().size() == 0);
}

TEST_CASE_METHOD(changes_fixture, "a task can be moved to another queue, ready or not",
                 "[ledger]") {
  const auto ready = accept(spec());
  const auto waiting = accept(spec("wash", 1min));
  REQUIRE(change(ready, {.queue = "laundry"}).ok());
  REQUIRE(change(waiting, {.priority = 3, .queue = "laundry"}).ok());
  CHECK(start(ann, "wash", "default").token.value == 0);
  CHECK(start(ann, "wash", "laundry").task == ready);
  advance_time(1min);
  CHECK(start(ann, "wash", "laundry").task == waiting);
  const auto info = *tasks.views().describe(waiting, false);
  CHECK(info.queue == "laundry");
  CHECK(info.priority == 3);
}

TEST_CASE_METHOD(changes_fixture, "a task may leave a queue and come back", "[ledger]") {
  const auto other = accept(spec());
  const auto id = accept(spec());
  REQUIRE(change(id, {.queue = "laundry"}).ok());
  REQUIRE(change(id, {.queue = "default"}).ok());
  CHECK(start(ann, "wash", "laundry").token.value == 0);
  CHECK(start().task == other);
  CHECK(start().task == id);
  CHECK(start().token.value == 0);
}

TEST_CASE_METHOD(changes_fixture,
                 "a task that fails and moves within a moment starts from its new queue",
                 "[ledger]") {
  const auto other = accept(spec("wash", 1h)); // The lane is kept.
  auto task = spec();
  task.retry.delay_min = task.retry.delay_max = 0ms;
  const auto id = accept(task);
  const auto first = due(id);
  finish(start(), verdict::failed);
  REQUIRE(due(id) == first); // As its former entry says.
  REQUIRE(change(id, {.queue = "laundry"}).ok());
  advance_time(0ms);
  REQUIRE(state(id) == task_state::ready);
  CHECK(start(ann, "wash", "default").token.value == 0);
  CHECK(start(ann, "wash", "laundry").task == id);
  advance_time(1h);
  CHECK(start().task == other);
}

TEST_CASE_METHOD(changes_fixture, "a key goes on to name a task that has changed its queue",
                 "[ledger]") {
  auto task = spec("wash", 1h);
  task.key = "order-7";
  const auto id = accept(task);
  REQUIRE(change(id, {.queue = "laundry"}).ok());
  CHECK(submit(task).id == id);
  CHECK(submit(task).is_duplicate);
  const recovered_ledger again{*this};
  CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
  CHECK(again.tasks.views().audit() == std::vector<std::string>{});
}

TEST_CASE_METHOD(changes_fixture, "a task cannot move to a queue of greater durability",
                 "[ledger]") {
  REQUIRE(tasks.set_queue({.queue = "fast", .level = durability::in_memory}, now).ok());
  auto task = spec("wash", 1h);
  task.queue = "fast";
  const auto id = accept(task);
  CHECK(refused(change(id, {.queue = "default"}), errc::invalid_argument) ==
        "queue 'default' is durable, and the task was accepted as volatile: submit it again");
  CHECK_THAT(refused(change(id, {.queue = ""}), errc::invalid_argument),
             Catch::Contains("queue is empty"));
  const auto durable = accept(spec("wash", 1h));
  CHECK(change(durable, {.queue = "fast"}).ok());
}
