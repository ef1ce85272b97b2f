#include "metrics/task_meter.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

namespace {

/// A ledger whose events are counted and kept, and a worker that says when its handlers begin.
struct metered_ledger : event_sink {
  static constexpr session_id worker{1001};

  metered_ledger() { open(); }

  void open() {
    tasks.emplace(ledger_options{.shard = {3}, .epoch = 1}, meter, now);
    tasks->sessions().set_tells_begin(worker, true);
  }
  void record(const event& recorded, durability) override { events.push_back(recorded); }

  task_id submit(duration delay = 0ms, std::uint32_t attempts_max = 3) {
    task_spec spec;
    spec.queue = "mail";
    spec.kind = "send";
    spec.delay = delay;
    spec.retry.attempts_max = attempts_max;
    spec.retry.jitter_percent = 0;
    return tasks->submit(client_id{77}, ++sequence, {std::move(spec)}, now)->at(0).id;
  }
  granted_run start() {
    tasks->sessions().renew(worker, now);
    REQUIRE(tasks->grant(worker, "mail", "send", 1, now) == 1);
    const auto run = tasks->take_effects().grants.at(0);
    tasks->sessions().mark_sent(run);
    return run;
  }
  void begin(const granted_run& run) {
    const bool was_reserved = meter.is_reserved(run.task);
    tasks->mark_begun(run.session, {run.task, run.token, 0ms}, now);
    if (was_reserved)
      meter.count_begin(run.task);
  }
  void end(const granted_run& run, verdict how, std::optional<duration> ran,
           const std::string& error = "dirty") {
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = how;
    outcome.error = error;
    outcome.message = "again";
    outcome.snooze = 1min;
    outcome.began_ago = ran;
    outcome.ran = ran.value_or(duration{0});
    REQUIRE(tasks->finish_run(run.session, std::move(outcome), now));
  }
  void advance(duration span) {
    now += span;
    while (tasks->next_wakeup() && *tasks->next_wakeup() <= now)
      tasks->advance(now, 100);
  }

  const event_counts& counts() { return counters.at("mail", "send"); }
  std::uint64_t attempts(attempt_outcome outcome) {
    return counts().attempts[static_cast<std::size_t>(outcome)];
  }
  std::uint64_t settled(task_state state) {
    return counts().settled[static_cast<std::size_t>(state)];
  }

  instant now = instant_of_ms(1'000'000'000'000);
  std::vector<event> events;
  std::uint64_t sequence = 0;
  task_counters counters;
  std::optional<ledger> tasks;
  task_meter meter{*this, tasks, counters};
};

} // namespace

TEST_CASE_METHOD(metered_ledger, "a short run is counted when its outcome comes", "[metrics]") {
  submit(10s);
  advance(12s);
  const auto run = start();
  CHECK(counts().started == 0);
  advance(500ms);
  end(run, verdict::succeeded, 100ms);

  CHECK(counts().submitted == 1);
  CHECK(counts().started == 1);
  CHECK(counts().start_delay.sum_ms() == 2'400);
  CHECK(counts().attempt_time.sum_ms() == 100);
  CHECK(attempts(attempt_outcome::succeeded) == 1);
  CHECK(settled(task_state::succeeded) == 1);
  CHECK(counters.all().size() == 1);
}

TEST_CASE_METHOD(metered_ledger, "a long run counts as started while it runs, and once",
                 "[metrics]") {
  submit();
  advance(1s);
  const auto run = start();
  begin(run);
  CHECK(counts().started == 1);
  CHECK(counts().start_delay.sum_ms() == 1'000);
  advance(5s);
  end(run, verdict::succeeded, 5s);
  CHECK(counts().started == 1);
  CHECK(counts().attempt_time.sum_ms() == 5'000);
}

TEST_CASE_METHOD(metered_ledger, "a task of a worker that does not tell starts when it is granted",
                 "[metrics]") {
  tasks->sessions().set_tells_begin(worker, false);
  submit();
  advance(3s);
  start();
  CHECK(counts().started == 1);
  CHECK(counts().start_delay.sum_ms() == 3'000);
}

TEST_CASE_METHOD(metered_ledger, "a failure, and the death after the last, are counted",
                 "[metrics]") {
  submit(0ms, 2);
  end(start(), verdict::failed, 1ms);
  CHECK(attempts(attempt_outcome::failed) == 1);
  CHECK(settled(task_state::dead) == 0);
  advance(1h);
  end(start(), verdict::failed, 1ms, "timed_out");
  CHECK(attempts(attempt_outcome::timed_out) == 1);
  CHECK(settled(task_state::dead) == 1);
}

TEST_CASE_METHOD(metered_ledger, "the runs of a lost worker are counted", "[metrics]") {
  submit();
  begin(start());
  advance(1min); // No heartbeat.
  CHECK(attempts(attempt_outcome::worker_lost) == 1);
}

TEST_CASE_METHOD(metered_ledger, "an error that only begins like another's name is a failure",
                 "[metrics]") {
  submit();
  end(start(), verdict::failed, 1ms, "timed_outside");
  CHECK(attempts(attempt_outcome::failed) == 1);
}

TEST_CASE_METHOD(metered_ledger, "a run that is given back is no attempt", "[metrics]") {
  submit();
  end(start(), verdict::not_started, std::nullopt);
  CHECK(counts().started == 0);
  advance(1ms); // It is ready again.
  CHECK(attempts(attempt_outcome::snoozed) == 0);
  end(start(), verdict::snoozed, 1ms);
  CHECK(attempts(attempt_outcome::snoozed) == 1);
}

TEST_CASE_METHOD(metered_ledger, "a cancelled task counts as an attempt only if it ran",
                 "[metrics]") {
  CHECK(tasks->cancel(submit(), now).ok());
  CHECK(settled(task_state::cancelled) == 1);
  CHECK(attempts(attempt_outcome::cancelled) == 0);

  const auto id = submit();
  const auto run = start();
  begin(run);
  CHECK(tasks->cancel(id, now).ok());
  end(run, verdict::cancelled, 1ms);
  CHECK(settled(task_state::cancelled) == 2);
  CHECK(attempts(attempt_outcome::cancelled) == 1);
}

TEST_CASE_METHOD(metered_ledger, "a task that has changed its queue is settled in the new one",
                 "[metrics]") {
  const auto id = submit(1min);
  REQUIRE(tasks->change(id, {.queue = "post"}, 1, now).ok());
  REQUIRE(tasks->remove(id, 2, now).ok());
  CHECK(counts().submitted == 1);
  CHECK(settled(task_state::cancelled) == 0);
  const auto& moved = counters.at("post", "send");
  CHECK(moved.submitted == 0);
  CHECK(moved.settled[static_cast<std::size_t>(task_state::cancelled)] == 1);
}

TEST_CASE_METHOD(metered_ledger, "what a restarted shard replays is not counted again",
                 "[metrics]") {
  submit();
  end(start(), verdict::succeeded, 1ms);
  const auto before = events;

  open();
  for (const auto& recorded : before)
    tasks->replay(recorded);
  tasks->finish_recovery(now);

  CHECK(counts().submitted == 1);
  CHECK(settled(task_state::succeeded) == 1);
  CHECK(events.size() == before.size());
}
