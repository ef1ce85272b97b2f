#pragma once

#include "worker/task_actor.hpp"

#include "belfry/handler.hpp"

#include "support/actor_fixture.hpp"
#include "support/manual_executor.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace belfry::test {

/// A task actor; the test is its worker.
struct task_fixture : actor_fixture {
  static constexpr std::size_t slot = 7;

  manual_executor handlers;
  std::map<std::string, task_behavior> actor_kinds;
  probe worker{system};
  caf::actor task = adopt(spawn_task_actor(system, {.worker = adopt(worker.actor()),
                                                    .run_executor = &handlers,
                                                    .actor_kinds = &actor_kinds,
                                                    .grace = duration{2'000}}));
  std::shared_ptr<ended_run_queue> ended = std::make_shared<ended_run_queue>(worker.actor());
  std::shared_ptr<run_completion> latest;
  std::string previous_progress; ///< of the runs to start
  std::vector<wire::RunOutcome> received;
  std::vector<caf::actor> children;

  ~task_fixture() {
    for (auto& child : children)
      adopt(std::move(child));
    children.clear();
  }

  run_key start(const std::string& kind, std::uint64_t token = 1, bool is_late = false) {
    wire::Run run;
    run.set_task(42);
    run.set_token(token);
    run.set_attempt(3);
    run.set_kind(kind);
    run.set_payload("input");
    run.set_previous_progress(previous_progress);
    const run_key key{{42}, {token}};
    latest = std::make_shared<run_completion>(slot, key, ended);
    start_run request{.run = std::move(run), .completion = latest};
    if (is_late) // It was in flight while the process was stopped.
      request.start_deadline = scheduler.clock().now() - std::chrono::milliseconds{1};
    caf::anon_send(task, std::move(request));
    run_all();
    return key;
  }
  void announce_stop_of(const run_key& key) {
    caf::anon_send(task, announce_stop{key});
    run_all();
  }
  void stop(const run_key& key, stop_cause cause) {
    caf::anon_send(task, stop_run{key, cause});
    run_all();
  }
  void abandon(const run_key& key) {
    caf::anon_send(task, abandon_run{key});
    run_all();
  }
  void end(run_result result = run_result::success("done")) {
    handlers.finish_oldest(std::move(result));
    run_all();
  }
  /// Defines a kind that runs as an actor with `behavior`; the test keeps references to the actors.
  void define(const std::string& kind, const task_behavior& behavior) {
    actor_kinds[kind] = [this, behavior](caf::event_based_actor* self) {
      children.emplace_back(self);
      return behavior(self);
    };
  }
  void run_all() { run(); }

  /// The only outcome so far.
  wire::RunOutcome outcome() {
    auto all = outcomes();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  std::vector<wire::RunOutcome> outcomes() {
    std::vector<ended_run> taken;
    ended->take(taken);
    for (auto& run : taken) {
      CHECK(run.slot == slot);
      received.push_back(std::move(run.outcome));
    }
    return received;
  }
  run_control& control() { return latest->control(); }
  bool is_alive(const caf::actor& actor) {
    auto* impl = caf::actor_cast<caf::abstract_actor*>(actor);
    return !impl->getf(caf::abstract_actor::is_cleaned_up_flag);
  }
};

} // namespace belfry::test
