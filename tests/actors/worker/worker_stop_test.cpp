// What runs hear of the stop of their worker, and what becomes of the progress that they save.
#include "worker_fixture.hpp"

#include <caf/response_promise.hpp>

#include <memory>

namespace belfry {

using test::worker_fixture;
using verdict = wire::RunOutcome;

TEST_CASE_METHOD(worker_fixture, "runs hear at the start of the grace that their worker stops",
                 "[worker]") {
  join();
  grant({task(1), task(2)});
  CHECK_FALSE(handlers.runs.front().control->is_stopping());

  stop();

  for (const auto& run : handlers.runs) {
    CHECK(run.control->is_stopping());
    CHECK_FALSE(run.control->is_cancelled());
  }
  attached();
  end(run_result::interrupted());
  CHECK(outcomes().at(0).verdict() == verdict::SNOOZED);
  CHECK(outcomes().at(0).snooze_ms() == 0);
}

TEST_CASE_METHOD(worker_fixture, "runs are ended at the end of the grace", "[worker]") {
  join();
  grant({task(1)});
  stop();
  attached();
  advance(options.drain_timeout - duration{100});
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
  advance(duration{200});
  CHECK(handlers.runs.front().control->is_cancelled());
}

TEST_CASE_METHOD(worker_fixture, "progress travels from a grant to its run, and back in a report",
                 "[worker]") {
  join();
  auto granted = task(1);
  granted.set_previous_progress("page 6");
  grant({granted});
  const auto control = handlers.runs.front().control;
  CHECK(control->previous_progress() == "page 6");
  REQUIRE(control->save_progress("page 7"));

  stop();
  attached();
  end(run_result::interrupted());

  CHECK(outcomes().at(0).saved_progress() == "page 7");
}

TEST_CASE_METHOD(worker_fixture, "the death of a task actor costs its run no saved progress",
                 "[worker]") {
  caf::actor task_actor;
  options.actor_kinds["save"] = [&task_actor](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {[self, promise, &task_actor](run_atom, const task_input&) {
      task_actor = caf::actor_cast<caf::actor>(self->current_sender());
      self->send(task_actor, save_progress_atom::value, std::string{"page 7"});
      *promise = self->make_response_promise();
    }};
  };
  join();
  grant({task(1, "save")});

  caf::anon_send_exit(task_actor, caf::exit_reason::kill);
  advance(duration{10});

  REQUIRE(outcomes().size() == 1);
  CHECK(outcomes().at(0).error() == "task_actor_died");
  CHECK(outcomes().at(0).saved_progress() == "page 7");
  task_actor = nullptr;
}

} // namespace belfry
