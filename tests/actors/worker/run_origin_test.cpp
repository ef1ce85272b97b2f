// How what a grant says of a task gets to its handler or actor.
#include "task_fixture.hpp"
#include "worker_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <optional>

namespace belfry {

namespace {

struct origin_fixture : test::task_fixture {
  static wire::Run run_of(const std::string& kind) {
    wire::Run run;
    run.set_task(42);
    run.set_token(1);
    run.set_attempt(1);
    run.set_kind(kind);
    return run;
  }
  static wire::Run unusual_run_of(const std::string& kind) {
    auto run = run_of(kind);
    run.set_queue("laundry");
    run.set_key("order 7");
    run.set_schedule("nightly");
    run.set_nominal_ms(1'700'000'000'000);
    run.set_is_last_attempt(true);
    return run;
  }
  void grant(wire::Run run) {
    latest = std::make_shared<run_completion>(slot, run_key{{42}, {1}}, ended);
    caf::anon_send(task, start_run{.run = std::move(run), .completion = latest});
    run_all();
  }
};

} // namespace

TEST_CASE_METHOD(origin_fixture, "a handler learns where its task comes from", "[task]") {
  grant(unusual_run_of("wash"));
  REQUIRE(handlers.runs.size() == 1);
  const auto& started = handlers.runs.front();
  const belfry::run current{started.description, *started.control};
  CHECK(current.queue() == "laundry");
  CHECK(current.key() == "order 7");
  CHECK(current.schedule() == "nightly");
  CHECK(current.scheduled_for() == instant_of_ms(1'700'000'000'000));
  CHECK(current.is_last_attempt());
}

TEST_CASE_METHOD(origin_fixture, "of a usual task, a grant need not say where it comes from",
                 "[task]") {
  grant(run_of("wash"));
  REQUIRE(handlers.runs.size() == 1);
  const auto& started = handlers.runs.front();
  const belfry::run current{started.description, *started.control};
  CHECK(current.queue() == "default");
  CHECK(current.key().empty());
  CHECK(current.schedule().empty());
  CHECK(current.scheduled_for() == std::nullopt);
  CHECK_FALSE(current.is_last_attempt());
}

TEST_CASE_METHOD(origin_fixture, "a user's actor learns where its task comes from", "[task]") {
  std::optional<task_input> told;
  define("bake", [&told](caf::event_based_actor*) -> caf::behavior {
    return {[&told](run_atom, const task_input& input) { told = input; }};
  });
  grant(unusual_run_of("bake"));
  REQUIRE(told);
  CHECK(told->origin.queue == "laundry");
  CHECK(told->origin.key == "order 7");
  CHECK(told->origin.schedule == "nightly");
  CHECK(told->is_last_attempt);
  CHECK(told->deadline == std::nullopt);
}

TEST_CASE_METHOD(test::worker_fixture, "a run with a time limit knows when it is over",
                 "[worker]") {
  join();
  grant({task(1, "wash", duration{5'000}), task(2)});
  REQUIRE(handlers.runs.size() == 2);
  const auto now = scheduler.clock().now().time_since_epoch();
  CHECK(handlers.runs[0].control->deadline() == now + duration{5'000});
  CHECK(handlers.runs[1].control->deadline() == std::nullopt);
}

} // namespace belfry
