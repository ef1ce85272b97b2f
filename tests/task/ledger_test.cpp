#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "a task never starts before it is due", "[ledger]") {
  const auto id = accept(spec("wash", 5s));
  CHECK(state(id) == task_state::scheduled);
  advance_time(4'999ms);
  CHECK(start().token.value == 0);
  advance_time(1ms);
  CHECK(start().task == id);
  CHECK(state(id) == task_state::running);
}

TEST_CASE_METHOD(ledger_fixture, "a task that succeeded stays succeeded", "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(finish(run, verdict::succeeded));
  CHECK(state(id) == task_state::succeeded);
  CHECK(tasks.take_effects().settled == std::vector{id});
  CHECK_FALSE(finish(run, verdict::failed));
  CHECK(tasks.cancel(id, now).error().code == errc::wrong_state);
  CHECK(state(id) == task_state::succeeded);
  CHECK(tasks.views().describe(id, true)->output == "clean");
}

TEST_CASE_METHOD(ledger_fixture, "a failed task backs off and is retried until it is dead",
                 "[ledger]") {
  auto task = spec();
  task.retry.attempts_max = 3;
  const auto id = accept(task);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto run = start();
    REQUIRE(run.task == id);
    CHECK(finish(run, verdict::failed));
    if (attempt < 3) {
      CHECK(state(id) == task_state::scheduled);
      CHECK(start().token.value == 0);
    }
    advance_time(10s);
  }
  CHECK(state(id) == task_state::dead);
  CHECK(tasks.views().describe(id, true)->attempt == 3);
  CHECK(tasks.views().describe(id, true)->last_error == "dirty");
}

TEST_CASE_METHOD(ledger_fixture, "the start of the latest attempt stays known", "[ledger]") {
  const auto id = accept(spec());
  CHECK_FALSE(tasks.views().describe(id, false)->started_at.has_value());
  const auto first = start();
  const auto first_start = now;
  advance_time(3s);
  finish(first, verdict::failed);
  CHECK(tasks.views().describe(id, false)->started_at == first_start);
  advance_time(10s);
  CHECK(tasks.views().describe(id, false)->started_at == first_start);
  const auto second = start();
  const auto second_start = now;
  advance_time(4s);
  finish(second, verdict::succeeded);
  CHECK(tasks.views().describe(id, false)->started_at == second_start);
  CHECK(tasks.views().describe(id, false)->settled_at == now);
}

TEST_CASE_METHOD(ledger_fixture, "a paused queue starts nothing and costs nothing", "[ledger]") {
  const auto id = accept(spec());
  REQUIRE(tasks.set_queue({.queue = "default", .is_paused = true}, now).ok());
  CHECK(start().token.value == 0);
  CHECK(tasks.lanes().all().empty());
  CHECK(tasks.views().explain(id, now)->reason == explanation_reason::queue_paused);
  REQUIRE(tasks.set_queue({.queue = "default"}, now).ok());
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a task waits for a paused queue since the pause", "[ledger]") {
  const auto early = accept(spec());
  advance_time(5min);
  const auto paused_at = now;
  REQUIRE(tasks.set_queue({.queue = "default", .is_paused = true}, now).ok());
  advance_time(10s);
  REQUIRE(tasks.set_queue({.queue = "default", .is_paused = true, .weight = 3}, now).ok());
  const auto late = accept(spec());
  CHECK(tasks.views().explain(early, now)->since == paused_at);
  CHECK(tasks.views().explain(late, now)->since == now);
  REQUIRE(tasks.set_queue({.queue = "default"}, now).ok());
  CHECK(tasks.views().settings_of("default") == queue_settings{.queue = "default"});
}

TEST_CASE_METHOD(ledger_fixture, "a task that is not started by its start-by deadline expires",
                 "[ledger]") {
  auto task = spec();
  task.start_by = now + 2s;
  const auto id = accept(task);
  advance_time(2s);
  CHECK(state(id) == task_state::ready);
  advance_time(1ms);
  CHECK(state(id) == task_state::expired);
  CHECK(start().token.value == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a snoozed task spends no attempt", "[ledger]") {
  const auto id = accept(spec());
  for (int nap = 0; nap < 20; ++nap) {
    finish(start(), verdict::snoozed);
    advance_time(1s);
  }
  CHECK(tasks.views().describe(id, false)->attempt == 0);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "an interrupted task keeps its place", "[ledger]") {
  const auto id = accept(spec());
  const auto due = tasks.views().describe(id, false)->due;
  advance_time(3s);
  const auto run = start();
  accept(spec());
  advance_time(3s);
  finish(run, verdict::snoozed);
  CHECK(tasks.views().describe(id, false)->due == due);
  advance_time(1ms);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a snooze is cut to the horizon", "[ledger]") {
  const auto id = accept(spec());
  run_outcome outcome;
  const auto run = start();
  outcome.task = run.task;
  outcome.token = run.token;
  outcome.end = verdict::snoozed;
  SECTION("of the longest duration") {
    outcome.snooze = duration::max();
  }
  SECTION("a millisecond too long") {
    outcome.snooze = options.submits.horizon + 1ms;
  }
  CHECK(tasks.finish_run(run.session, outcome, now));
  CHECK(tasks.views().describe(id, false)->due == now + options.submits.horizon);
  CHECK(state(id) == task_state::scheduled);
}

TEST_CASE_METHOD(ledger_fixture, "greater priority goes first, then earlier due", "[ledger]") {
  const auto late = accept(spec("wash", 2s));
  const auto early = accept(spec("wash", 1s));
  auto task = spec("wash", 3s);
  task.priority = 5;
  const auto urgent = accept(task);
  advance_time(3s);
  CHECK(start().task == urgent);
  CHECK(start().task == early);
  CHECK(start().task == late);
}

TEST_CASE_METHOD(ledger_fixture, "the same batch again gives the same answer", "[ledger]") {
  const auto first = tasks.submit(client, 1, {spec(), spec()}, now);
  const auto again = tasks.submit(client, 1, {spec(), spec()}, now);
  CHECK(first == again);
  CHECK(tasks.views().size() == 2);
  CHECK(tasks.submit(client, 2, {spec()}, now).has_value());
  CHECK_FALSE(tasks.submit(client, 1, {spec()}, now).has_value());
}

TEST_CASE_METHOD(ledger_fixture, "bad tasks are refused with the field named", "[ledger]") {
  const auto refusal = [&](task_spec task) { return submit(std::move(task)).refusal->what; };
  auto big = spec();
  big.payload.resize(options.submits.payload_bytes_max + 1);
  CHECK(refusal(big) == "payload has 262145 bytes, the limit is 262144");
  auto past = spec();
  past.due = now - std::chrono::hours{24 * 400};
  CHECK(refusal(past).find("in the past") != std::string::npos);
  auto far = spec();
  far.due = now + std::chrono::hours{24 * 366 * 20};
  CHECK(refusal(far).find("3660d ahead") != std::string::npos);
  CHECK(refusal(spec("")).find("kind is empty") != std::string::npos);
  auto never = spec("wash", 10s);
  never.start_by = now + 1s;
  CHECK(refusal(never).find("start_by") != std::string::npos);
  CHECK(tasks.views().size() == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a task of another shard is not known here", "[ledger]") {
  const auto id = accept(spec());
  const auto foreign = task_id::of({4}, id.serial());
  CHECK(tasks.cancel(foreign, now).error().code == errc::not_found);
  CHECK(state(id) == task_state::ready);
  auto run = start();
  run.task = foreign;
  CHECK_FALSE(finish(run, verdict::failed, true));
  tasks.update_progress(run, "halfway");
  CHECK(tasks.views().describe(id, false)->progress.empty());
  run.task = id;
  finish(run, verdict::failed, true);
  REQUIRE(state(id) == task_state::dead);
  CHECK(tasks.requeue(foreign, now).error().code == errc::not_found);
  CHECK(tasks.views().explain(foreign, now).error().code == errc::not_found);
  CHECK(state(id) == task_state::dead);
}

TEST_CASE_METHOD(ledger_fixture, "a settled task is forgotten after its retention", "[ledger]") {
  const auto id = accept(spec());
  finish(start(), verdict::succeeded);
  advance_time(59min);
  CHECK(tasks.views().find(id));
  advance_time(2min);
  CHECK_FALSE(tasks.views().find(id));
  CHECK(tasks.views().size() == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a list goes on, in order, where the page before stopped",
                 "[ledger]") {
  for (int i = 0; i < 700; ++i)
    accept(spec(i % 7 == 0 ? "bake" : "wash", 1h));
  page_filter filter;
  filter.kind = "bake";
  std::size_t found = 0;
  std::uint64_t after = 0;
  for (bool is_end = false; !is_end;) {
    const auto page = tasks.views().list(filter, after, 9);
    CHECK(page.tasks.size() <= 9);
    found += page.tasks.size();
    after = page.next_after;
    is_end = page.is_end;
  }
  CHECK(found == 100);
}

TEST_CASE_METHOD(ledger_fixture,
                 "the ready tasks of each queue and kind are counted, paused or not", "[ledger]") {
  auto urgent = spec("dry");
  urgent.priority = 9;
  const auto due = now;
  accept(spec("dry"));
  advance_time(5s);
  accept(urgent);
  accept(spec("wash", 1h));
  CHECK(tasks.set_queue({.queue = "default", .is_paused = true}, now).ok());

  const auto lanes = tasks.views().ready_lanes();

  REQUIRE(lanes.size() == 1);
  CHECK(lanes[0].queue == "default");
  CHECK(lanes[0].kind == "dry");
  CHECK(lanes[0].count == 2);
  CHECK(lanes[0].oldest_due == due);
}
