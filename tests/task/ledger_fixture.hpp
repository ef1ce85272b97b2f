#pragma once

#include "task/ledger.hpp"
#include "wire/event_codec.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace belfry {

/// A shard's ledger whose clock the test moves, and a journal in memory.
struct ledger_fixture : event_sink {
  static constexpr client_id client{77};
  static constexpr session_id ann{1001};
  static constexpr session_id bob{1002};

  instant now = instant_of_ms(1'000'000'000'000);
  std::vector<std::string> journal;
  wire::event_writer writer;
  ledger_options options{.shard = {3}, .epoch = 1};
  ledger tasks{options, *this, now};
  std::uint64_t sequence = 0;
  effects last;

  ~ledger_fixture() override { CHECK(tasks.views().audit() == std::vector<std::string>{}); }

  void record(const event& recorded, durability level) override {
    if (level == durability::in_memory)
      return;
    writer.add(recorded);
    journal.push_back(writer.finish_record());
  }

  task_spec spec(std::string kind = "wash", duration delay = duration{0}) {
    task_spec task;
    task.kind = std::move(kind);
    task.payload = "payload";
    task.delay = delay;
    task.retry.jitter_percent = 0;
    return task;
  }
  submit_outcome submit(task_spec task) {
    return tasks.submit(client, ++sequence, {std::move(task)}, now)->at(0);
  }
  task_id accept(task_spec task) {
    const auto outcome = submit(std::move(task));
    REQUIRE_FALSE(outcome.refusal.has_value());
    return outcome.id;
  }
  void advance_time(duration time) {
    now += time;
    while (tasks.next_wakeup() && *tasks.next_wakeup() <= now)
      tasks.advance(now, 100);
  }
  /// Grants one task to `session`; a token of 0 if there was none.
  granted_run start(session_id session = ann, const std::string& kind = "wash",
                    const std::string& queue = "default") {
    (void)tasks.take_effects();
    tasks.sessions().renew(session, now);
    if (tasks.grant(session, queue, kind, 1, now) == 0)
      return {};
    const auto run = tasks.take_effects().grants.at(0);
    tasks.sessions().mark_sent(run);
    return run;
  }
  /// The worker of the run says that its handler has begun.
  void begin(const granted_run& run, duration ago = duration{0}) {
    tasks.mark_begun(run.session, {run.task, run.token, ago}, now);
  }
  bool finish(const granted_run& run, run_outcome::verdict verdict, bool is_final = false) {
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = verdict;
    outcome.output = "clean";
    outcome.error = "dirty";
    outcome.is_final = is_final;
    return tasks.finish_run(run.session, std::move(outcome), now);
  }
  task_state state(task_id id) { return tasks.views().describe(id, false)->state; }
};

} // namespace belfry
