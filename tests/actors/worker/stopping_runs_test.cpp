// Runs whose worker stops, and the progress that runs save.
#include "task_fixture.hpp"

#include <caf/response_promise.hpp>

namespace belfry {

using test::task_fixture;
using verdict = wire::RunOutcome;

namespace {

using end_atom = caf::atom_constant<caf::atom("end")>;

/// A kind that asks to be told of a stop, saves progress then, and gives itself back.
task_behavior stopping_actor(int& notices) {
  return [&notices](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    const auto task = std::make_shared<caf::actor>();
    return {
        [self, promise, task](run_atom, const task_input&) {
          *task = caf::actor_cast<caf::actor>(self->current_sender());
          self->send(*task, notify_stop_atom::value);
          *promise = self->make_response_promise();
        },
        [self, task, &notices](stopping_atom) {
          ++notices;
          self->send(*task, save_progress_atom::value, std::string{"page 7"});
        },
        [promise](end_atom) { promise->deliver(interrupted{}); },
    };
  };
}

} // namespace

TEST_CASE_METHOD(task_fixture, "a handler hears that its worker stops and is not cancelled",
                 "[task]") {
  const auto key = start("wash");
  CHECK_FALSE(control().is_stopping());
  announce_stop_of({{42}, {99}});
  CHECK_FALSE(control().is_stopping());

  announce_stop_of(key);

  CHECK(control().is_stopping());
  CHECK_FALSE(control().is_cancelled());
}

TEST_CASE_METHOD(task_fixture, "a run that breaks off for a stop keeps its place", "[task]") {
  announce_stop_of(start("wash"));
  end(run_result::interrupted());
  CHECK(outcome().verdict() == verdict::SNOOZED);
  CHECK(outcome().snooze_ms() == 0);
}

TEST_CASE_METHOD(task_fixture, "a run that breaks off without a stop is snoozed", "[task]") {
  start("wash");
  end(run_result::interrupted());
  CHECK(outcome().verdict() == verdict::SNOOZED);
  CHECK(outcome().snooze_ms() == 1);
}

TEST_CASE_METHOD(task_fixture, "a run that breaks off is cancelled or timed out if it was to be",
                 "[task]") {
  stop(start("wash", 1), stop_cause::revoked);
  end(run_result::interrupted());
  stop(start("wash", 2), stop_cause::timed_out);
  CHECK(control().is_cancelled());
  end(run_result::interrupted());
  stop(start("wash", 3), stop_cause::interrupted);
  end(run_result::interrupted());

  const auto all = outcomes();
  REQUIRE(all.size() == 3);
  CHECK(all[0].verdict() == verdict::CANCELLED);
  CHECK(all[1].error() == "timeout");
  CHECK(all[2].verdict() == verdict::SNOOZED);
  CHECK(all[2].snooze_ms() == 0);
}

TEST_CASE_METHOD(task_fixture, "while its worker stops, a run may succeed or fail", "[task]") {
  announce_stop_of(start("wash", 1));
  end();
  announce_stop_of(start("wash", 2));
  end(run_result::failed("torn", "a hole"));
  const auto all = outcomes();
  REQUIRE(all.size() == 2);
  CHECK(all[0].verdict() == verdict::SUCCEEDED);
  CHECK(all[1].verdict() == verdict::FAILED);
}

TEST_CASE_METHOD(task_fixture, "a handler reads what earlier attempts of its task saved",
                 "[task]") {
  previous_progress = "page 7";
  start("wash");
  CHECK(control().previous_progress() == "page 7");
}

TEST_CASE_METHOD(task_fixture, "saved progress is reported with what leads to another attempt",
                 "[task]") {
  const auto ends = [this](std::uint64_t token, run_result result) {
    start("wash", token);
    REQUIRE(control().save_progress("page 7"));
    end(std::move(result));
    return outcomes().back();
  };
  CHECK(ends(1, run_result::failed("torn", "a hole")).saved_progress() == "page 7");
  CHECK(ends(2, run_result::snoozed_for(duration{500})).saved_progress() == "page 7");
  CHECK(ends(3, run_result::interrupted()).saved_progress() == "page 7");
  CHECK_FALSE(ends(4, run_result::success()).has_saved_progress());
  CHECK_FALSE(ends(5, run_result::not_started("memory", "")).has_saved_progress());

  start("wash", 6);
  end(run_result::failed("torn", "a hole"));
  CHECK_FALSE(outcomes().back().has_saved_progress());
}

TEST_CASE_METHOD(task_fixture, "discarded progress is reported, too", "[task]") {
  start("wash");
  REQUIRE(control().save_progress(""));
  end(run_result::failed("torn", "a hole"));
  CHECK(outcome().has_saved_progress());
  CHECK(outcome().saved_progress().empty());
}

TEST_CASE_METHOD(task_fixture, "an abandoned run leaves what it had saved", "[task]") {
  const auto key = start("wash");
  REQUIRE(control().save_progress("page 7"));
  stop(key, stop_cause::timed_out);
  abandon(key);
  CHECK(outcome().error() == "timeout");
  CHECK(outcome().saved_progress() == "page 7");
}

TEST_CASE_METHOD(task_fixture, "a run that could not save its progress fails, also interrupted",
                 "[task]") {
  const auto key = start("wash");
  announce_stop_of(key);
  stop(key, stop_cause::interrupted);
  CHECK(control().is_cancelled());
  end(run_result::failed(progress_too_large, "it has 5000 bytes"));
  CHECK(outcome().verdict() == verdict::FAILED);
  CHECK(outcome().error() == progress_too_large);
}

TEST_CASE_METHOD(task_fixture, "an actor that asks for it is told once that its worker stops",
                 "[task]") {
  int notices = 0;
  define("wash", stopping_actor(notices));
  const auto key = start("wash");
  CHECK(notices == 0);
  announce_stop_of(key);
  announce_stop_of(key);
  CHECK(notices == 1);

  caf::anon_send(children.front(), end_atom::value);
  run_all();

  CHECK(outcome().verdict() == verdict::SNOOZED);
  CHECK(outcome().snooze_ms() == 0);
  CHECK(outcome().saved_progress() == "page 7");
}

TEST_CASE_METHOD(task_fixture, "an actor reads what earlier attempts of its task saved", "[task]") {
  previous_progress = "page 7";
  define("greet", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input& in) { return "from " + in.previous_progress; }};
  });
  start("greet");
  CHECK(outcome().output() == "from page 7");
}

TEST_CASE_METHOD(task_fixture, "an actor that saves more than 4 KiB has failed", "[task]") {
  define("greedy", [](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {[self, promise](run_atom, const task_input&) {
      self->send(caf::actor_cast<caf::actor>(self->current_sender()), save_progress_atom::value,
                 std::string(4'097, 'x'));
      *promise = self->make_response_promise();
    }};
  });
  start("greedy");
  CHECK(outcome().verdict() == verdict::FAILED);
  CHECK(outcome().error() == progress_too_large);
  CHECK(outcome().message() == "saved progress has 4097 bytes, expected at most 4096");
}

} // namespace belfry
