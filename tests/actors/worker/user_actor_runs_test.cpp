// Runs of users' actors.
#include "task_fixture.hpp"

#include <caf/sec.hpp>
#include <caf/unit.hpp>

#include <stdexcept>

namespace belfry {

using test::task_fixture;
using verdict = wire::RunOutcome;

namespace {

using continue_atom = caf::atom_constant<caf::atom("goon")>;

} // namespace

TEST_CASE_METHOD(task_fixture, "the answer of an actor is the output and ends the actor",
                 "[task]") {
  define("greet", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input& in) { return "hello " + in.payload; }};
  });
  start("greet");
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
  CHECK(outcome().output() == "hello input");
  CHECK_FALSE(is_alive(children.front()));
}

TEST_CASE_METHOD(task_fixture, "an actor may answer nothing, a snooze or an error", "[task]") {
  define("nothing", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input&) {}};
  });
  define("later", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input&) { return snoozed{duration{700}}; }};
  });
  define("error", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input&) -> caf::result<std::string> {
      return caf::error{3, caf::atom("laundry")};
    }};
  });
  define("number", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input&) { return 17; }};
  });
  define("blank", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input&) -> caf::result<std::string> { return caf::error{}; }};
  });
  start("nothing", 1);
  start("later", 2);
  start("error", 3);
  start("number", 4);
  start("blank", 5);

  const auto all = outcomes();
  REQUIRE(all.size() == 5);
  CHECK(all[0].verdict() == verdict::SUCCEEDED);
  CHECK(all[0].output().empty());
  CHECK(all[1].verdict() == verdict::SNOOZED);
  CHECK(all[1].snooze_ms() == 700);
  CHECK(all[2].verdict() == verdict::FAILED);
  CHECK(all[2].error() == "laundry");
  CHECK(all[3].verdict() == verdict::FAILED);
  CHECK(all[3].error() == "unexpected_answer");
  CHECK(all[4].error() == "error");
}

TEST_CASE_METHOD(task_fixture, "an actor that ends has succeeded if it ends normally", "[task]") {
  define("quit", [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](run_atom, const task_input&) {
      const auto unanswered = self->make_response_promise();
      self->quit();
    }};
  });
  define("fail", [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](run_atom, const task_input&) {
      const auto unanswered = self->make_response_promise();
      self->quit(caf::error{5, caf::atom("oven")});
    }};
  });
  start("quit", 1);
  start("fail", 2);

  const auto all = outcomes();
  REQUIRE(all.size() == 2);
  CHECK(all[0].verdict() == verdict::SUCCEEDED);
  CHECK(all[1].verdict() == verdict::FAILED);
  CHECK(all[1].error() == "oven");
}

TEST_CASE_METHOD(task_fixture, "an actor's throw is a failure with its text", "[task]") {
  define("throw", [](caf::event_based_actor*) -> caf::behavior {
    return {
        [](run_atom, const task_input&) -> std::string { throw std::runtime_error("too hot"); }};
  });
  define("stillborn",
         [](caf::event_based_actor*) -> caf::behavior { throw std::runtime_error("no flour"); });
  start("throw", 1);
  start("stillborn", 2);

  const auto all = outcomes();
  REQUIRE(all.size() == 2);
  CHECK(all[0].error() == "exception");
  CHECK_THAT(all[0].message(), Catch::Contains("too hot"));
  CHECK(all[1].verdict() == verdict::FAILED);
  CHECK(all[1].error() == "exception");
  CHECK_THAT(all[1].message(), Catch::Contains("no flour"));
}

TEST_CASE_METHOD(task_fixture, "an actor that delegates to a dead one has failed", "[task]") {
  define("delegate", [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](run_atom, const task_input& in) -> caf::delegated<std::string> {
      const auto other = self->spawn([](caf::event_based_actor*) {});
      caf::anon_send_exit(other, caf::exit_reason::kill);
      self->delegate(other, run_atom::value, in);
      return {};
    }};
  });
  start("delegate");
  CHECK(outcome().verdict() == verdict::FAILED);
}

TEST_CASE_METHOD(task_fixture, "an actor reports progress and answers later", "[task]") {
  define("slow", [](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {
        [self, promise](run_atom, const task_input&) {
          self->send(caf::actor_cast<caf::actor>(self->current_sender()), progress_atom::value,
                     std::string{"half"});
          *promise = self->make_response_promise();
        },
        [promise](continue_atom) { promise->deliver(std::string{"all"}); },
    };
  });
  start("slow");
  CHECK(control().progress() == "half");
  CHECK(outcomes().empty());

  caf::anon_send(children.front(), continue_atom::value);
  run_all();
  CHECK(outcome().output() == "all");
}

TEST_CASE_METHOD(task_fixture, "an actor that is asked to end gets an exit message", "[task]") {
  define("hang", [](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {
        [self, promise](run_atom, const task_input&) { *promise = self->make_response_promise(); }};
  });
  stop(start("hang"), stop_cause::revoked);
  CHECK(outcome().verdict() == verdict::CANCELLED);
  CHECK_FALSE(is_alive(children.front()));
}

TEST_CASE_METHOD(task_fixture, "a stubborn actor is killed when its run is abandoned", "[task]") {
  define("stubborn", [](caf::event_based_actor* self) -> caf::behavior {
    self->set_exit_handler([](caf::exit_msg&) {});
    const auto promise = std::make_shared<caf::response_promise>();
    return {
        [self, promise](run_atom, const task_input&) { *promise = self->make_response_promise(); }};
  });
  const auto key = start("stubborn");
  stop(key, stop_cause::timed_out);
  CHECK(outcomes().empty());

  abandon(key);

  CHECK(outcome().error() == "timeout");
  CHECK_FALSE(is_alive(children.front()));
}

TEST_CASE_METHOD(task_fixture,
                 "an actor that stays after its answer is killed after the grace period",
                 "[task]") {
  define("clingy", [](caf::event_based_actor* self) -> caf::behavior {
    self->set_exit_handler([](caf::exit_msg&) {});
    return {[](run_atom, const task_input&) { return "here"; }};
  });
  start("clingy");
  CHECK(outcome().output() == "here");
  CHECK(is_alive(children.front()));

  advance(duration{4'000});

  CHECK_FALSE(is_alive(children.front()));
}

} // namespace belfry
