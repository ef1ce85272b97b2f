// Until when a task may start: `start_by` binds until a handler has begun, `complete_by` always.
#include "recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

/// Both workers say when their handlers begin.
struct deadlines_fixture : ledger_fixture {
  deadlines_fixture() {
    tasks.sessions().set_tells_begin(ann, true);
    tasks.sessions().set_tells_begin(bob, true);
  }

  /// A task that is retried a second after it was lost, and must first start within `limit`.
  task_id accept_start_by(duration limit) {
    auto task = spec();
    task.start_by = now + limit;
    return accept(task);
  }
  task_id accept_complete_by(duration limit) {
    auto task = spec();
    task.complete_by = now + limit;
    return accept(task);
  }
  /// The run, whose handler began when it was granted, ends after `ran`.
  void end_begun(const granted_run& run, verdict how, duration ran = duration{0}) {
    advance_time(ran);
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = how;
    outcome.error = "dirty";
    outcome.began_ago = outcome.ran = ran;
    REQUIRE(tasks.finish_run(run.session, std::move(outcome), now));
  }
  /// The lease of the worker ends.
  void lose_worker() { advance_time(options.runs.lease); }
};

} // namespace

TEST_CASE_METHOD(deadlines_fixture, "a run that is lost before it began leaves start-by in force",
                 "[deadlines]") {
  const auto id = accept_start_by(15s);
  REQUIRE(start(ann).task == id);
  lose_worker();
  REQUIRE(state(id) == task_state::scheduled);

  SECTION("so the task may still start by then") {
    advance_time(5s);
    CHECK(start(bob).task == id);
  }
  SECTION("and expires if it has not started again by then") {
    advance_time(5s);
    CHECK(state(id) == task_state::ready);
    advance_time(1ms);
    CHECK(state(id) == task_state::expired);
    CHECK(start(bob).token.value == 0);
    CHECK(tasks.views().explain(id, now)->text.find("start-by") != std::string::npos);
  }
  SECTION("also after a restart") {
    recovered_ledger again{*this, 5s + 1ms};
    CHECK(again.tasks.views().describe(id, false)->state == task_state::expired);
  }
}

TEST_CASE_METHOD(deadlines_fixture, "a run that is lost after its deadline expires its task",
                 "[deadlines]") {
  const auto id = accept_start_by(2s);
  REQUIRE(start(ann).task == id);
  lose_worker();
  advance_time(1ms);
  CHECK(state(id) == task_state::expired);
  CHECK(tasks.views().describe(id, false)->last_error.starts_with("worker_lost"));
  CHECK(tasks.views().describe(id, false)->crashes == 1);
}

TEST_CASE_METHOD(deadlines_fixture, "a task whose handler has begun may be retried after start-by",
                 "[deadlines]") {
  const auto id = accept_start_by(2s);
  const auto run = start(ann);
  SECTION("because its worker has told so") {
    begin(run);
    SECTION("and is lost") {
      lose_worker();
    }
    SECTION("and is lost after a restart") {
      recovered_ledger again{*this, 0s};
      again.tasks.advance(now + options.runs.lease, 100);
      again.tasks.advance(now + options.runs.lease + 10s, 100);
      CHECK(again.tasks.views().describe(id, false)->state == task_state::ready);
      lose_worker();
    }
  }
  SECTION("because it failed") {
    end_begun(run, verdict::failed, 3s);
  }
  SECTION("because it snoozed") {
    end_begun(run, verdict::snoozed, 3s);
  }
  advance_time(10s);
  CHECK(start(bob).task == id);
}

TEST_CASE_METHOD(deadlines_fixture, "that a handler has begun counts for the live run only",
                 "[deadlines]") {
  const auto id = accept_start_by(15s);
  const auto lost = start(ann);
  lose_worker();
  begin(lost);
  advance_time(5s + 1ms);
  CHECK(state(id) == task_state::expired);
}

TEST_CASE_METHOD(deadlines_fixture, "that a handler has begun only the holder of the run can tell",
                 "[deadlines]") {
  const auto id = accept_start_by(15s);
  const auto run = start(ann);
  tasks.mark_begun(bob, {run.task, run.token}, now);
  lose_worker();
  advance_time(5s + 1ms);
  CHECK(state(id) == task_state::expired);
}

TEST_CASE_METHOD(deadlines_fixture, "that a handler has begun is recorded once, and only if needed",
                 "[deadlines]") {
  accept_start_by(2s);
  const auto run = start(ann);
  const auto before = journal.size();
  begin(run);
  begin(run);
  CHECK(journal.size() == before + 1);

  accept(spec());
  const auto plain = start(ann);
  const auto after = journal.size();
  begin(plain);
  CHECK(journal.size() == after);
}

TEST_CASE_METHOD(deadlines_fixture, "a task that has met start-by runs, also after a restart",
                 "[deadlines]") {
  const auto id = accept_start_by(5s);
  const auto run = start(ann);
  advance_time(2s);
  REQUIRE(state(id) == task_state::reserved);
  begin(run, 500ms);
  CHECK(state(id) == task_state::running);
  recovered_ledger again{*this, 0s};
  const auto info = *again.tasks.views().describe(id, false);
  CHECK(info.state == task_state::running);
  CHECK(info.started_at == now - 500ms);
}

TEST_CASE_METHOD(ledger_fixture, "start-by binds, too, if a worker does not say what has begun",
                 "[deadlines]") {
  auto task = spec();
  task.start_by = now + 15s;
  const auto id = accept(task);
  const auto run = start(ann);
  CHECK(state(id) == task_state::running);
  SECTION("and is lost: the handler may not have been called") {
    advance_time(options.runs.lease);
    advance_time(5s + 1ms);
    CHECK(state(id) == task_state::expired);
  }
  SECTION("but not after a failure") {
    finish(run, verdict::failed);
    advance_time(15s);
    CHECK(state(id) == task_state::ready);
  }
}

TEST_CASE_METHOD(deadlines_fixture, "a failure before the handler was called leaves start-by alone",
                 "[deadlines]") {
  const auto id = accept_start_by(2s);
  const auto run = start(ann);
  finish(run, verdict::failed);
  CHECK(tasks.views().describe(id, false)->attempt == 1);
  advance_time(2s + 1ms);
  CHECK(state(id) == task_state::expired);
}

TEST_CASE_METHOD(deadlines_fixture, "no attempt starts after complete-by", "[deadlines]") {
  const auto id = accept_complete_by(5s);
  SECTION("not the first") {
    advance_time(5s);
    CHECK(state(id) == task_state::ready);
  }
  SECTION("not a retry") {
    finish(start(ann), verdict::failed);
    advance_time(5s);
    CHECK(state(id) == task_state::ready);
  }
  SECTION("not a retry that would be due later") {
    auto task = spec("bake");
    task.complete_by = now + 5s;
    task.retry.delay_min = task.retry.delay_max = 1min;
    const auto slow = accept(task);
    finish(start(ann, "bake"), verdict::failed);
    advance_time(5s);
    CHECK(state(slow) == task_state::scheduled);
    advance_time(1ms);
    CHECK(state(slow) == task_state::expired);
    CHECK(tasks.views().describe(slow, false)->last_error == "dirty");
  }
  SECTION("though the ledger was not advanced yet") {
    now += 5s + 1ms;
    CHECK(start(ann).token.value == 0);
  }
  advance_time(1ms);
  CHECK(state(id) == task_state::expired);
}

TEST_CASE_METHOD(deadlines_fixture, "a task may start at its complete-by instant", "[deadlines]") {
  const auto id = accept_complete_by(5s);
  advance_time(5s);
  CHECK(start(ann).task == id);
}

TEST_CASE_METHOD(deadlines_fixture, "complete-by ends no run that has begun", "[deadlines]") {
  const auto id = accept_complete_by(5s);
  const auto run = start(ann);
  begin(run);
  advance_time(6s);
  CHECK(state(id) == task_state::running);
  CHECK(finish(run, verdict::succeeded));
  CHECK(state(id) == task_state::succeeded);
}

TEST_CASE_METHOD(deadlines_fixture, "complete-by bounds the retries that start-by allows",
                 "[deadlines]") {
  auto task = spec();
  task.start_by = now + 1s;
  task.complete_by = now + 4s;
  const auto id = accept(task);
  end_begun(start(ann), verdict::failed);
  advance_time(2s);
  CHECK(state(id) == task_state::ready);
  advance_time(2s + 1ms);
  CHECK(state(id) == task_state::expired);
  const auto info = *tasks.views().describe(id, false);
  CHECK(info.start_by == task.start_by);
  CHECK(info.complete_by == task.complete_by);
}

TEST_CASE_METHOD(deadlines_fixture, "a dead task is not requeued after complete-by",
                 "[deadlines]") {
  const auto id = accept_complete_by(5s);
  finish(start(ann), verdict::failed, true);
  SECTION("but before") {
    CHECK(tasks.requeue(id, now).ok());
    advance_time(5s + 1ms);
    CHECK(state(id) == task_state::expired);
  }
  SECTION("since it could not start") {
    advance_time(5s + 1ms);
    const auto refused = tasks.requeue(id, now);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == errc::wrong_state);
    CHECK(refused.error().what.find("complete-by") != std::string::npos);
    CHECK(state(id) == task_state::dead);
  }
}
