#include "worker/task.hpp"

#include "belfry/handler.hpp"

#include "support/actor_fixture.hpp"
#include "support/manual_executor.hpp"

#include <catch2/catch.hpp>

#include <caf/sec.hpp>
#include <caf/unit.hpp>

#include <stdexcept>

namespace belfry {

namespace {

using test::actor_fixture;
using test::manual_executor;
using test::probe;
using verdict = wire::RunOutcome;
using sync_test_atom = caf::atom_constant<caf::atom("goon")>;

struct task_fixture : actor_fixture {
  static constexpr std::size_t slot = 7;

  manual_executor handlers;
  std::map<std::string, task_behavior> actor_kinds;
  probe worker{system};
  caf::actor task = own(spawn_task(system, {.worker = own(worker.actor()),
                                            .run_executor = &handlers,
                                            .actor_kinds = &actor_kinds,
                                            .grace = duration{2'000}}));
  std::shared_ptr<ended_run_queue> ended = std::make_shared<ended_run_queue>(worker.actor());
  std::shared_ptr<run_completion> latest;
  std::vector<wire::RunOutcome> told;
  std::vector<caf::actor> children;

  ~task_fixture() {
    for (auto& one : children)
      own(std::move(one));
    children.clear();
  }

  run_key order(const std::string& kind, std::uint64_t token = 1, bool is_late = false) {
    wire::Run run;
    run.set_task(42);
    run.set_token(token);
    run.set_attempt(3);
    run.set_kind(kind);
    run.set_payload("input");
    const run_key key{{42}, {token}};
    latest = std::make_shared<run_completion>(slot, key, ended);
    start_run what{std::move(run), latest};
    if (is_late) // As one that was on its way while the process stood still.
      what.start_deadline = scheduler.clock().now() - std::chrono::milliseconds{1};
    caf::anon_send(task, std::move(what));
    run_all();
    return key;
  }
  void stop(const run_key& key, stop_cause cause) {
    caf::anon_send(task, stop_run{key, cause});
    run_all();
  }
  void abandon(const run_key& key) {
    caf::anon_send(task, abandon_run{key});
    run_all();
  }
  void end(run_result how = run_result::success("done")) {
    handlers.end(std::move(how));
    run_all();
  }
  /// A kind whose actor behaves as `behavior` says; the test keeps hold of the actors.
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
    for (auto& one : ended->take()) {
      CHECK(one.slot == slot);
      told.push_back(std::move(one.outcome));
    }
    return told;
  }
  run_control& control() { return latest->control(); }
  bool is_alive(const caf::actor& one) {
    auto* inside = caf::actor_cast<caf::abstract_actor*>(one);
    return !inside->getf(caf::abstract_actor::is_cleaned_up_flag);
  }
};

} // namespace

TEST_CASE_METHOD(task_fixture, "what was ordered before the worker stood still does not begin",
                 "[task]") {
  order("wash", 1, true);
  CHECK(handlers.runs.empty());
  CHECK(outcome().verdict() == verdict::NOT_STARTED);
  order("wash", 2); // It takes another run.
  CHECK(handlers.runs.size() == 1);
}

TEST_CASE_METHOD(task_fixture, "a handler gets its task's facts and its result becomes the outcome",
                 "[task]") {
  order("wash");
  CHECK(handlers.runs.front().known.payload == "input");
  CHECK(handlers.runs.front().known.attempt == 3);

  end();

  CHECK(outcome().task() == 42);
  CHECK(outcome().token() == 1);
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
  CHECK(outcome().output() == "done");
}

TEST_CASE_METHOD(task_fixture, "failures, snoozes and unknown kinds are told as such", "[task]") {
  order("wash", 1);
  end(run_result::failed_permanently("torn", "a hole"));
  order("wash", 2);
  end(run_result::snoozed_for(duration{500}));
  order("wash", 3);
  end(run_result::failed("unknown_kind", "wash"));
  order("wash", 4);
  end(run_result::snoozed_for(duration{0}));
  const auto all = outcomes();
  REQUIRE(all.size() == 4);
  CHECK(all[0].verdict() == verdict::FAILED);
  CHECK(all[0].error() == "torn");
  CHECK(all[0].message() == "a hole");
  CHECK(all[0].is_final());
  CHECK(all[1].verdict() == verdict::SNOOZED);
  CHECK(all[1].snooze_ms() == 500);
  CHECK(all[2].verdict() == verdict::UNKNOWN_KIND);
  CHECK(all[3].snooze_ms() == 1); // Not 0: it was not interrupted.
}

TEST_CASE_METHOD(task_fixture, "an output beyond the limit is cut before it travels", "[task]") {
  order("wash");
  end(run_result::success(std::string(1'000'000, 'x')));
  CHECK(outcome().output().size() == 64 * 1024);
}

TEST_CASE_METHOD(task_fixture, "the cause of a stop decides how the run ended", "[task]") {
  const auto ends = [this](std::uint64_t token, stop_cause cause) {
    const auto key = order("wash", token);
    stop(key, cause);
    CHECK(control().is_cancelled());
    end(run_result::success("half of it"));
    return outcomes().back();
  };
  CHECK(ends(1, stop_cause::revoked).verdict() == verdict::CANCELLED);
  CHECK(ends(2, stop_cause::interrupted).verdict() == verdict::SNOOZED);
  const auto timed_out = ends(3, stop_cause::timed_out);
  CHECK(timed_out.verdict() == verdict::FAILED);
  CHECK(timed_out.error() == "timeout");
}

TEST_CASE_METHOD(task_fixture, "a success of a handler that never saw the stop counts", "[task]") {
  stop(order("wash"), stop_cause::timed_out);
  end();
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
}

TEST_CASE_METHOD(task_fixture, "a failure of a handler that never saw its interruption counts",
                 "[task]") {
  stop(order("wash", 1), stop_cause::interrupted);
  end(run_result::failed("torn", "a hole"));
  CHECK(outcomes().back().verdict() == verdict::FAILED);
  CHECK(outcomes().back().error() == "torn");

  const auto key = order("wash", 2);
  stop(key, stop_cause::interrupted);
  CHECK(control().is_cancelled());
  end(run_result::failed("torn", "a hole"));
  CHECK(outcomes().back().verdict() == verdict::SNOOZED);
}

TEST_CASE_METHOD(task_fixture, "an abandoned run ends at once and its late answer is dropped",
                 "[task]") {
  const auto key = order("wash", 1);
  stop(key, stop_cause::timed_out);
  abandon(key);
  CHECK(handlers.abandoned == 1);
  CHECK(outcome().error() == "timeout");

  order("bake", 2);
  end(); // The late answer of the first.
  CHECK(outcomes().size() == 1);

  end();
  CHECK(outcomes().size() == 2);
  CHECK(outcomes().back().token() == 2);
}

TEST_CASE_METHOD(task_fixture, "a second answer is dropped", "[task]") {
  order("wash");
  const auto done = handlers.runs.front().done;
  end();
  done(run_result::failed("again", ""));
  run_all();
  CHECK(outcome().verdict() == verdict::SUCCEEDED);
}

TEST_CASE_METHOD(task_fixture, "a stop of another run changes nothing", "[task]") {
  order("wash", 2);
  stop({{42}, {1}}, stop_cause::revoked);
  CHECK_FALSE(control().is_cancelled());
}

TEST_CASE_METHOD(task_fixture, "a task ends with its worker and cancels its run", "[task]") {
  order("wash");
  caf::anon_send_exit(worker.actor(), caf::exit_reason::kill);
  run_all();
  CHECK_FALSE(is_alive(task));
  CHECK(control().is_cancelled());
}

TEST_CASE_METHOD(task_fixture, "an actor's answer is the output, and ends the actor", "[task]") {
  define("greet", [](caf::event_based_actor*) -> caf::behavior {
    return {[](run_atom, const task_input& in) { return "hello " + in.payload; }};
  });
  order("greet");
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
  order("nothing", 1);
  order("later", 2);
  order("error", 3);
  order("number", 4);
  order("blank", 5);

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
  order("quit", 1);
  order("fail", 2);

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
  order("throw", 1);
  order("stillborn", 2);

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
  order("delegate");
  CHECK(outcome().verdict() == verdict::FAILED);
}

TEST_CASE_METHOD(task_fixture, "an actor tells its progress and answers later", "[task]") {
  define("slow", [](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {
        [self, promise](run_atom, const task_input&) {
          self->send(caf::actor_cast<caf::actor>(self->current_sender()), progress_atom::value,
                     std::string{"half"});
          *promise = self->make_response_promise();
        },
        [promise](sync_test_atom) { promise->deliver(std::string{"all"}); },
    };
  });
  order("slow");
  CHECK(control().progress() == "half");
  CHECK(outcomes().empty());

  caf::anon_send(children.front(), sync_test_atom::value);
  run_all();
  CHECK(outcome().output() == "all");
}

TEST_CASE_METHOD(task_fixture, "an actor asked to end gets an exit message", "[task]") {
  define("hang", [](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {
        [self, promise](run_atom, const task_input&) { *promise = self->make_response_promise(); }};
  });
  stop(order("hang"), stop_cause::revoked);
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
  const auto key = order("stubborn");
  stop(key, stop_cause::timed_out);
  CHECK(outcomes().empty());

  abandon(key);

  CHECK(outcome().error() == "timeout");
  CHECK_FALSE(is_alive(children.front()));
}

TEST_CASE_METHOD(task_fixture, "an actor that stays after its answer is killed after the grace",
                 "[task]") {
  define("clingy", [](caf::event_based_actor* self) -> caf::behavior {
    self->set_exit_handler([](caf::exit_msg&) {});
    return {[](run_atom, const task_input&) { return "here"; }};
  });
  order("clingy");
  CHECK(outcome().output() == "here");
  CHECK(is_alive(children.front()));

  advance(duration{4'000});

  CHECK_FALSE(is_alive(children.front()));
}

} // namespace belfry
