// Tasks of workers that say when a handler begins: reserved until then, running from then on.
#include "recovered_ledger.hpp"

#include <algorithm>

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

/// The worker of session `ann` says when its handlers begin.
struct telling_worker : ledger_fixture {
  telling_worker() { tasks.sessions().set_tells_begin(ann, true); }

  /// The run ended just now, after `ran`; nothing: its handler never began.
  void end(const granted_run& run, verdict how, std::optional<duration> ran) {
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = how;
    outcome.error = "dirty";
    outcome.began_ago = ran;
    outcome.ran = ran.value_or(duration{0});
    tasks.finish_run(run.session, std::move(outcome), now);
  }
  /// The worker keeps its lease meanwhile.
  void live_on(duration time) {
    for (const auto until = now + time; now < until;) {
      tasks.sessions().renew(ann, now);
      advance_time(std::min(duration{1'000}, until - now));
    }
  }
  task_info info(task_id id) { return *tasks.views().describe(id, false); }
  std::uint64_t count(task_state state) {
    return tasks.views().queues().at(0).counts.at(static_cast<std::size_t>(state));
  }
};

} // namespace

TEST_CASE_METHOD(telling_worker, "a granted task is reserved until its handler begins",
                 "[reserved]") {
  const auto id = accept(spec());
  const auto granted_at = now;
  const auto run = start();
  live_on(5s);
  CHECK(state(id) == task_state::reserved);
  CHECK(info(id).session == ann);
  CHECK_FALSE(info(id).started_at.has_value());
  CHECK(tasks.views().explain(id, now)->reason == explanation_reason::reserved);
  CHECK(tasks.views().explain(id, now)->since == granted_at);
  CHECK(count(task_state::reserved) == 1);
  CHECK(count(task_state::running) == 0);

  begin(run, 2s);

  CHECK(state(id) == task_state::running);
  CHECK(info(id).started_at == now - 2s);
  CHECK(tasks.views().explain(id, now)->reason == explanation_reason::running);
  CHECK(tasks.views().explain(id, now)->since == now - 2s);
  CHECK(count(task_state::reserved) == 0);
  CHECK(count(task_state::running) == 1);
}

TEST_CASE_METHOD(telling_worker, "a short run ends before its worker says that it began",
                 "[reserved]") {
  const auto id = accept(spec());
  const auto run = start();
  live_on(3s);

  end(run, verdict::succeeded, 40ms);

  CHECK(state(id) == task_state::succeeded);
  CHECK(info(id).started_at == now - 40ms);
  CHECK(info(id).ran == 40ms);
  CHECK(info(id).attempt == 1);
}

TEST_CASE_METHOD(telling_worker, "a task is known after a restart as it was before", "[reserved]") {
  const auto succeeded = accept(spec());
  end(start(), verdict::succeeded, 40ms);
  const auto failed = accept(spec());
  const auto long_run = start();
  live_on(6s);
  begin(long_run, 6s);
  live_on(1s);
  end(long_run, verdict::failed, 7s);
  const auto snoozed = accept(spec());
  end(start(), verdict::snoozed, 3ms);
  const auto reserved = accept(spec());
  start();
  CHECK(info(failed).started_at == now - 7s);
  CHECK(info(failed).ran == 7s);
  advance_time(0ms);

  recovered_ledger again{*this};

  for (const auto id : {succeeded, failed, snoozed, reserved})
    CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
  CHECK(again.tasks.views().describe(reserved, false)->state == task_state::reserved);
}

TEST_CASE_METHOD(telling_worker, "the begin of a run that was lost is known after a restart",
                 "[reserved]") {
  auto once = spec();
  once.retry.crashes_max = 1;
  const auto id = accept(once);
  const auto run = start();
  live_on(3s);
  begin(run, 2s);
  const auto began_at = info(id).started_at;
  SECTION("with its worker") {
    advance_time(options.runs.lease + 1s);
    REQUIRE(state(id) == task_state::dead);
  }
  SECTION("because the task was cancelled") {
    REQUIRE(tasks.cancel(id, now).ok());
    advance_time(options.runs.lease + 1s);
    REQUIRE(state(id) == task_state::cancelled);
  }
  CHECK(info(id).started_at == began_at);
  CHECK_FALSE(info(id).ran.has_value());
  recovered_ledger again{*this};
  CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
}

TEST_CASE_METHOD(telling_worker, "a time limit begins with the handler", "[reserved]") {
  auto limited = spec();
  limited.timeout = 5s;
  const auto id = accept(limited);
  const auto run = start();
  live_on(1min);
  REQUIRE(state(id) == task_state::reserved);

  begin(run);
  live_on(5s + options.runs.timeout_grace - 1s);
  CHECK(state(id) == task_state::running);
  live_on(2s);

  CHECK_FALSE(is_granted(state(id)));
  CHECK(info(id).last_error.starts_with("timed_out"));
}

TEST_CASE_METHOD(telling_worker, "a restart lets no reserved task time out", "[reserved]") {
  auto limited = spec();
  limited.timeout = 1s;
  const auto id = accept(limited);
  const auto run = start();

  recovered_ledger again{*this, 1h};
  CHECK(again.tasks.views().describe(id, false)->state == task_state::reserved);

  again.tasks.attach(ann, {run}, now);
  again.tasks.mark_begun(ann, {run.task, run.token, 500ms}, now);
  CHECK(again.tasks.views().describe(id, false)->state == task_state::running);
  CHECK(again.tasks.views().describe(id, false)->started_at == now - 500ms);
}

TEST_CASE_METHOD(telling_worker, "a reserved task is cancelled at no attempt's cost",
                 "[reserved]") {
  const auto id = accept(spec());
  const auto run = start();
  live_on(1s);
  REQUIRE(tasks.cancel(id, now).ok());
  CHECK(tasks.take_effects().revokes.size() == 1);
  CHECK(tasks.views().explain(id, now)->reason == explanation_reason::being_cancelled);

  SECTION("if its worker gives it back") {
    end(run, verdict::cancelled, {});
    CHECK(info(id).attempt == 0);
    CHECK_FALSE(info(id).started_at.has_value());
  }
  SECTION("if its worker has given it back before") {
    end(run, verdict::not_started, {});
    CHECK(info(id).attempt == 0);
  }
  SECTION("if its grant was lost on the way") {
    tasks.attach(ann, {}, now);
    CHECK(info(id).attempt == 0);
  }
  SECTION("but its handler may have begun meanwhile") {
    end(run, verdict::cancelled, 10ms);
    CHECK(info(id).attempt == 1);
    CHECK(info(id).started_at == now - 10ms);
  }
  CHECK(state(id) == task_state::cancelled);
  recovered_ledger again{*this};
  CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
}

TEST_CASE_METHOD(telling_worker, "a reserved task of a paused queue comes back at no cost",
                 "[reserved]") {
  const auto id = accept(spec());
  const auto run = start();
  REQUIRE(tasks.set_queue({.queue = "default", .is_paused = true}, now).ok());
  REQUIRE(tasks.take_effects().recalls.size() == 1);

  end(run, verdict::not_started, {});
  advance_time(1ms);

  CHECK(info(id).attempt == 0);
  CHECK(tasks.views().explain(id, now)->reason == explanation_reason::queue_paused);
}

TEST_CASE_METHOD(telling_worker, "an attempt that never began hides no earlier start",
                 "[reserved]") {
  const auto id = accept(spec());
  const auto first = start();
  live_on(1s);
  end(first, verdict::failed, 30ms);
  const auto first_start = now - 30ms;
  live_on(10s);
  const auto run = start();
  REQUIRE(run.task == id);
  CHECK(info(id).started_at == first_start);

  end(run, verdict::not_started, {});

  CHECK(info(id).started_at == first_start);
  CHECK(info(id).ran == 30ms);
  CHECK(info(id).attempt == 1);
}

TEST_CASE_METHOD(telling_worker, "what is said of another attempt changes nothing", "[reserved]") {
  const auto id = accept(spec());
  auto run = start();
  ++run.token.value;
  begin(run);
  CHECK(state(id) == task_state::reserved);
  --run.token.value;
  live_on(3s);
  begin(run, 3s);
  const auto began_at = info(id).started_at;
  live_on(3s);

  begin(run, 1s);

  CHECK(info(id).started_at == began_at);
}

TEST_CASE_METHOD(telling_worker, "no handler begins before its grant or after now", "[reserved]") {
  const auto early = accept(spec());
  const auto granted_at = now;
  const auto run = start();
  live_on(1s);
  SECTION("it is said to have begun an hour ago") {
    begin(run, 1h);
    CHECK(info(early).started_at == granted_at);
  }
  SECTION("it is said to begin in an hour") {
    begin(run, -1h);
    CHECK(info(early).started_at == now);
  }
}

TEST_CASE_METHOD(telling_worker, "a task of a worker that does not say when it begins, runs",
                 "[reserved]") {
  const auto id = accept(spec());
  const auto granted_at = now;
  start(bob);
  CHECK(state(id) == task_state::running);
  CHECK(info(id).started_at == granted_at);
}

TEST_CASE_METHOD(telling_worker, "a lease that ends with a reserved task counts as a crash",
                 "[reserved]") {
  const auto id = accept(spec());
  start();
  advance_time(options.runs.lease + 1s);
  CHECK(info(id).crashes == 1); // Its handler may have begun, and have killed the worker.
  CHECK_FALSE(info(id).started_at.has_value());
}
