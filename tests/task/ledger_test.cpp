#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "a task never starts before it is due", "[ledger]") {
  const auto id = accept(spec("wash", 5s));
  CHECK(state(id) == task_state::scheduled);
  pass(4'999ms);
  CHECK(start().token.value == 0);
  pass(1ms);
  CHECK(start().task == id);
  CHECK(state(id) == task_state::running);
}

TEST_CASE_METHOD(ledger_fixture, "a task that runs to its end has succeeded for ever", "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(end(run, verdict::succeeded));
  CHECK(state(id) == task_state::succeeded);
  CHECK(tasks.take_effects().settled == std::vector{id});
  CHECK_FALSE(end(run, verdict::failed));
  CHECK(tasks.cancel(id, now).error().code == errc::wrong_state);
  CHECK(state(id) == task_state::succeeded);
  CHECK(tasks.describe(id, true)->output == "clean");
}

TEST_CASE_METHOD(ledger_fixture, "a failed task rests and runs again until it is dead",
                 "[ledger]") {
  auto one = spec();
  one.retry.attempts_max = 3;
  const auto id = accept(one);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto run = start();
    REQUIRE(run.task == id);
    CHECK(end(run, verdict::failed));
    if (attempt < 3) {
      CHECK(state(id) == task_state::scheduled);
      CHECK(start().token.value == 0);
    }
    pass(10s);
  }
  CHECK(state(id) == task_state::dead);
  CHECK(tasks.describe(id, true)->attempt == 3);
  CHECK(tasks.describe(id, true)->last_error == "dirty");
}

TEST_CASE_METHOD(ledger_fixture, "the start of the latest attempt stays known", "[ledger]") {
  const auto id = accept(spec());
  CHECK_FALSE(tasks.describe(id, false)->started_at.has_value());
  const auto first = start();
  const auto first_start = now;
  pass(3s);
  end(first, verdict::failed);
  CHECK(tasks.describe(id, false)->started_at == first_start);
  pass(10s);
  CHECK(tasks.describe(id, false)->started_at == first_start);
  const auto second = start();
  const auto second_start = now;
  pass(4s);
  end(second, verdict::succeeded);
  CHECK(tasks.describe(id, false)->started_at == second_start);
  CHECK(tasks.describe(id, false)->settled_at == now);
}

TEST_CASE_METHOD(ledger_fixture, "a dead task comes back by requeue alone", "[ledger]") {
  const auto id = accept(spec());
  CHECK(tasks.requeue(id, now).error().code == errc::wrong_state);
  end(start(), verdict::failed, true);
  CHECK(state(id) == task_state::dead);
  CHECK(tasks.requeue(id, now).ok());
  pass(0ms);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a requeue that comes twice is one requeue", "[ledger]") {
  const auto id = accept(spec());
  end(start(), verdict::failed, true);
  REQUIRE(tasks.requeue(id, now).ok());
  CHECK(tasks.requeue(id, now).ok());
  pass(0ms);
  CHECK(tasks.requeue(id, now).ok());
  const auto run = start();
  REQUIRE(run.task == id);
  CHECK(tasks.requeue(id, now).ok());
  CHECK(state(id) == task_state::running);
  SECTION("and says so when the task has come to its end meanwhile") {
    end(run, verdict::succeeded);
    const auto late = tasks.requeue(id, now);
    CHECK(late.error().code == errc::wrong_state);
    CHECK(late.error().what ==
          "task 3-1 is succeeded since it was requeued, only a dead task can be requeued");
  }
  SECTION("unless the task has died in between") {
    end(run, verdict::failed, true);
    CHECK(tasks.requeue(id, now).ok());
    CHECK(state(id) == task_state::scheduled);
  }
}

TEST_CASE_METHOD(ledger_fixture, "a cancel that comes twice is one cancel", "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(tasks.cancel(id, now).ok());
  CHECK(tasks.cancel(id, now).ok());
  CHECK(tasks.take_effects().revokes.size() == 1);
  end(run, verdict::cancelled);
  CHECK(tasks.cancel(id, now).ok());
  CHECK(state(id) == task_state::cancelled);
}

TEST_CASE_METHOD(ledger_fixture, "an outcome with an old token is refused", "[ledger]") {
  const auto id = accept(spec());
  const auto old_run = start(ann);
  pass(11s);
  CHECK(state(id) == task_state::scheduled);
  pass(10s);
  const auto new_run = start(bob);
  CHECK(new_run.token > old_run.token);
  CHECK_FALSE(end(old_run, verdict::succeeded));
  CHECK(state(id) == task_state::running);
  CHECK(end(new_run, verdict::succeeded));
}

TEST_CASE_METHOD(ledger_fixture, "a long run is left alone while its worker is heard of",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start(ann);
  for (int hours = 0; hours < 3600; ++hours) {
    pass(5s);
    tasks.renew_lease(ann, now);
  }
  CHECK(state(id) == task_state::running);
  CHECK(end(run, verdict::succeeded));
}

TEST_CASE_METHOD(ledger_fixture, "a task that takes its workers down is quarantined", "[ledger]") {
  auto one = spec();
  one.retry.attempts_max = 100;
  one.retry.crashes_max = 2;
  const auto id = accept(one);
  for (int crash = 0; crash < 2; ++crash) {
    REQUIRE(start(ann).task == id);
    pass(11s);
    pass(10s);
  }
  CHECK(state(id) == task_state::dead);
  CHECK(tasks.describe(id, false)->crashes == 2);
}

TEST_CASE_METHOD(ledger_fixture, "a cancelled task never starts", "[ledger]") {
  const auto waiting = accept(spec("wash", 5s));
  const auto due = accept(spec());
  CHECK(tasks.cancel(waiting, now).ok());
  CHECK(tasks.cancel(due, now).ok());
  CHECK(tasks.cancel(due, now).ok());
  pass(1min);
  CHECK(start().token.value == 0);
  CHECK(state(waiting) == task_state::cancelled);
}

TEST_CASE_METHOD(ledger_fixture, "cancelling a running task asks its worker to end it",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  CHECK(tasks.cancel(id, now).ok());
  const auto revokes = tasks.take_effects().revokes;
  REQUIRE(revokes.size() == 1);
  CHECK(revokes[0].token == run.token);
  CHECK(state(id) == task_state::running);
  CHECK(end(run, verdict::failed));
  CHECK(state(id) == task_state::cancelled);
}

TEST_CASE_METHOD(ledger_fixture, "a paused queue starts nothing and costs nothing", "[ledger]") {
  const auto id = accept(spec());
  REQUIRE(tasks.set_queue({"default", true, 1, durability::durable}, now).ok());
  CHECK(start().token.value == 0);
  CHECK(tasks.lanes().empty());
  CHECK(tasks.explain(id, now)->reason == "queue_paused");
  REQUIRE(tasks.set_queue({"default", false, 1, durability::durable}, now).ok());
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a task that missed its last instant to start expires",
                 "[ledger]") {
  auto one = spec();
  one.start_by = now + 2s;
  const auto id = accept(one);
  pass(2s);
  CHECK(state(id) == task_state::ready);
  pass(1ms);
  CHECK(state(id) == task_state::expired);
  CHECK(start().token.value == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a snoozed task spends no attempt", "[ledger]") {
  const auto id = accept(spec());
  for (int nap = 0; nap < 20; ++nap) {
    end(start(), verdict::snoozed);
    pass(1s);
  }
  CHECK(tasks.describe(id, false)->attempt == 0);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "an interrupted task keeps its place", "[ledger]") {
  const auto id = accept(spec());
  const auto due = tasks.describe(id, false)->due;
  pass(3s);
  const auto run = start();
  accept(spec());
  pass(3s);
  end(run, verdict::snoozed);
  CHECK(tasks.describe(id, false)->due == due);
  pass(1ms);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "nobody snoozes beyond the horizon", "[ledger]") {
  const auto id = accept(spec());
  run_outcome outcome;
  const auto run = start();
  outcome.task = run.task;
  outcome.token = run.token;
  outcome.end = verdict::snoozed;
  SECTION("for ever") {
    outcome.snooze = duration::max();
  }
  SECTION("a little too long") {
    outcome.snooze = options.submits.horizon + 1ms;
  }
  CHECK(tasks.finish_run(run.session, outcome, now));
  CHECK(tasks.describe(id, false)->due == now + options.submits.horizon);
  CHECK(state(id) == task_state::scheduled);
}

TEST_CASE_METHOD(ledger_fixture, "greater priority goes first, then earlier due", "[ledger]") {
  const auto late = accept(spec("wash", 2s));
  const auto early = accept(spec("wash", 1s));
  auto one = spec("wash", 3s);
  one.priority = 5;
  const auto urgent = accept(one);
  pass(3s);
  CHECK(start().task == urgent);
  CHECK(start().task == early);
  CHECK(start().task == late);
}

TEST_CASE_METHOD(ledger_fixture, "the same batch again gives the same answer", "[ledger]") {
  const auto first = tasks.submit(somebody, 1, {spec(), spec()}, now);
  const auto again = tasks.submit(somebody, 1, {spec(), spec()}, now);
  CHECK(first == again);
  CHECK(tasks.size() == 2);
  CHECK(tasks.submit(somebody, 2, {spec()}, now).has_value());
  CHECK_FALSE(tasks.submit(somebody, 1, {spec()}, now).has_value());
}

TEST_CASE_METHOD(ledger_fixture, "bad tasks are refused with the field named", "[ledger]") {
  const auto refusal = [&](task_spec one) { return submit(std::move(one)).refusal->what; };
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
  CHECK(tasks.size() == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never reached its worker is given again", "[ledger]") {
  const auto id = accept(spec());
  const auto kept = accept(spec());
  const auto lost = start(ann);
  const auto held = start(ann);
  REQUIRE(lost.task == id);
  tasks.attach(ann, {held}, now);
  CHECK(state(kept) == task_state::running);
  CHECK(state(id) == task_state::scheduled);
  pass(0ms);
  CHECK(start(ann).task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a cancelled run that never reached its worker is cancelled",
                 "[ledger]") {
  const auto id = accept(spec());
  REQUIRE(start(ann).task == id);
  REQUIRE(tasks.cancel(id, now).ok());
  tasks.attach(ann, {}, now);
  CHECK(state(id) == task_state::cancelled);
  pass(1min);
  CHECK(start(ann).token.value == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a worker is asked to end the runs that it has lost", "[ledger]") {
  const auto id = accept(spec());
  const auto kept = accept(spec());
  const auto lost = start(ann);
  const auto held = start(bob);
  REQUIRE(lost.task == id);
  REQUIRE(held.task == kept);
  for (int second = 0; second < 30; ++second) {
    pass(1s);
    tasks.renew_lease(bob, now);
  }
  const granted_run never_heard_of{ann, task_id::of(options.shard, 99), lost.token};
  SECTION("when its task waits for another attempt") {}
  SECTION("when its task runs elsewhere") {
    REQUIRE(start(bob).task == id);
  }
  (void)tasks.take_effects();

  tasks.attach(ann, {lost, never_heard_of}, now);
  const auto revokes = tasks.take_effects().revokes;
  REQUIRE(revokes.size() == 2);
  CHECK(revokes[0].session == ann);
  CHECK(revokes[0].task == id);
  CHECK(revokes[0].token == lost.token);
  CHECK(revokes[1].task == never_heard_of.task);

  tasks.attach(bob, {held}, now);
  CHECK(tasks.take_effects().revokes.empty());
}

TEST_CASE_METHOD(ledger_fixture, "a time limit is kept even if the worker forgets it", "[ledger]") {
  auto one = spec();
  one.timeout = 5s;
  const auto id = accept(one);
  (void)start(ann);
  for (int second = 0; second < 21; ++second) {
    pass(1s);
    tasks.renew_lease(ann, now);
  }
  CHECK(state(id) != task_state::running);
  CHECK(tasks.describe(id, false)->last_error.find("timed_out") == 0);
  CHECK(tasks.describe(id, false)->crashes == 1); // Its worker is dead or stuck.
}

TEST_CASE_METHOD(ledger_fixture, "a task of another shard is not known here", "[ledger]") {
  const auto id = accept(spec());
  const auto alien = task_id::of({4}, id.serial());
  CHECK(tasks.cancel(alien, now).error().code == errc::not_found);
  CHECK(state(id) == task_state::ready);
  auto run = start();
  run.task = alien;
  CHECK_FALSE(end(run, verdict::failed, true));
  tasks.update_progress(alien, run.token, "halfway");
  CHECK(tasks.describe(id, false)->progress.empty());
  run.task = id;
  end(run, verdict::failed, true);
  REQUIRE(state(id) == task_state::dead);
  CHECK(tasks.requeue(alien, now).error().code == errc::not_found);
  CHECK(tasks.explain(alien, now).error().code == errc::not_found);
  CHECK(state(id) == task_state::dead);
}

TEST_CASE_METHOD(ledger_fixture, "settled tasks are remembered for a while, not for ever",
                 "[ledger]") {
  const auto id = accept(spec());
  end(start(), verdict::succeeded);
  pass(59min);
  CHECK(tasks.find(id));
  pass(2min);
  CHECK_FALSE(tasks.find(id));
  CHECK(tasks.size() == 0);
}

TEST_CASE_METHOD(ledger_fixture, "a list walks in order and goes on where it stopped", "[ledger]") {
  for (int i = 0; i < 700; ++i)
    accept(spec(i % 7 == 0 ? "bake" : "wash", 1h));
  page_filter filter;
  filter.kind = "bake";
  std::size_t found = 0;
  std::uint64_t after = 0;
  for (bool is_end = false; !is_end;) {
    const auto page = tasks.list(filter, after, 9);
    CHECK(page.tasks.size() <= 9);
    found += page.tasks.size();
    after = page.next_after;
    is_end = page.is_end;
  }
  CHECK(found == 100);
}
