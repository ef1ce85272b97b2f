#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

#include <caf/io/middleman.hpp>
#include <caf/node_id.hpp>

#include <memory>
#include <set>

namespace belfry {

using test::probe;
using test::worker_fixture;
using verdict = wire::RunOutcome;

namespace {

/// A node whose router is replaced: the transport connects the worker to the current one.
struct restarting_fixture : worker_fixture {
  caf::actor current = router->actor();

  restarting_fixture() {
    options.router = nullptr;
    options.transport = adopt(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      using found = caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>>;
      return {[this](caf::connect_atom, const std::string&, std::uint16_t) -> found {
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(current),
                std::set<std::string>{}};
      }};
    }));
  }
  ~restarting_fixture() { current = nullptr; }

  void restart_router() {
    caf::anon_send_exit(current, caf::exit_reason::kill);
    run();
    router.emplace(system);
    current = adopt(router->actor());
  }
};

} // namespace

TEST_CASE_METHOD(worker_fixture, "a worker sends a Hello, attaches and sends heartbeats",
                 "[worker]") {
  start();
  REQUIRE(hellos().size() == 1);
  CHECK(hellos()[0].protocol_version() == protocol_version);
  welcome();
  REQUIRE(attaches().size() == 1);
  const auto attach = attaches()[0];
  CHECK(attach.session() != 0);
  CHECK(attach.name() == "ann");
  CHECK(attach.slots() == 2);
  CHECK(attach.credit() == 5);
  CHECK(std::vector<std::string>(attach.kinds().begin(), attach.kinds().end()) ==
        std::vector<std::string>{"bake", "wash"});
  CHECK(heartbeats().empty());

  attached();
  advance(lease);

  CHECK(heartbeats().size() == 4);
  CHECK(attaches().size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "a worker that gets no answer sends another Hello", "[worker]") {
  start();
  advance(duration{12'000});
  CHECK(hellos().size() >= 2);
}

TEST_CASE_METHOD(worker_fixture, "a refused worker tries again later", "[worker]") {
  start();
  wire::Welcome refusal;
  refusal.mutable_failure()->set_what("another cluster");
  send(welcome_atom::value, refusal);
  CHECK(attaches().empty());
  CHECK(hellos().size() == 1);

  advance(duration{1'000});
  CHECK(hellos().size() == 2);
}

TEST_CASE_METHOD(worker_fixture, "a worker attaches again when its node asks, and keeps its runs",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  end(); // Reported, not acknowledged; the third has started.
  advance(duration{1});
  const auto reports_before = reports().size();

  welcome();

  REQUIRE(attaches().size() == 2);
  CHECK(attaches()[1].session() == attaches()[0].session());
  CHECK(attaches()[1].running_size() == 3);
  CHECK(attaches()[1].credit() == 3);
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());

  attached();

  CHECK(reports().size() == reports_before + 1); // For a restarted shard.
  const auto heartbeats_before = heartbeats().size();
  advance(lease);
  CHECK(heartbeats().size() == heartbeats_before + 4); // One timer, not two.
  end();
  CHECK(credits() == 1 + 1);
}

TEST_CASE_METHOD(worker_fixture, "an Attach bears the generation of the Welcome that it answers",
                 "[worker]") {
  join();
  welcome(17);

  REQUIRE(attaches().size() == 2);
  CHECK(attaches()[0].is_first());
  CHECK_FALSE(attaches()[1].is_first());
  CHECK(attaches()[1].attach_generation() == 17);
}

TEST_CASE_METHOD(worker_fixture, "an Attach without an answer closes the link", "[worker]") {
  join();
  welcome();
  advance(duration{11'000});
  CHECK(hellos().size() >= 2);
}

TEST_CASE_METHOD(worker_fixture, "runs that arrive after their link was closed are returned",
                 "[worker]") {
  join();
  welcome();
  advance(duration{5'000}); // The link is closed, and the node does not know.
  grant({task(1)});
  CHECK(handlers.runs.empty());

  advance(duration{200});
  welcome();
  attached();
  advance(duration{100});

  REQUIRE(outcomes().size() == 1);
  CHECK(outcomes()[0].token() == 1);
  CHECK(outcomes()[0].verdict() == verdict::NOT_STARTED);
}

TEST_CASE_METHOD(worker_fixture, "an Attached without an Attach changes nothing", "[worker]") {
  join();
  attached();
  advance(lease);
  CHECK(heartbeats().size() == 4);
}

TEST_CASE_METHOD(restarting_fixture,
                 "a worker that lost its node attaches again with the runs that it holds",
                 "[worker]") {
  join();
  const auto session = attaches()[0].session();
  grant({task(1), task(2)});
  end();

  restart_router();
  advance(duration{500});
  REQUIRE(hellos().size() == 1);
  welcome();

  REQUIRE(attaches().size() == 1);
  CHECK(attaches()[0].session() == session);
  CHECK(attaches()[0].running_size() == 2);
  CHECK(attaches()[0].credit() == 4);
  CHECK(reports().empty());

  attached();

  CHECK(outcomes().at(0).token() == 1);
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
  advance(lease * 2);
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
}

TEST_CASE_METHOD(worker_fixture, "a worker without a node interrupts its runs after its lease",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  lose_router();
  advance(lease - duration{100});
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());

  advance(duration{200});

  CHECK(handlers.runs.front().control->is_cancelled());
  end(run_result::failed("cancelled", ""));
  CHECK(handlers.started.size() == 2); // The waiting one is returned.
}

TEST_CASE_METHOD(worker_fixture, "a worker that stops returns the runs that it has not started",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});

  stop();

  REQUIRE(attaches().size() == 2);
  CHECK(attaches()[1].credit() == 0);
  attached();
  CHECK(outcomes().at(0).token() == 3);
  CHECK(outcomes().at(0).verdict() == verdict::NOT_STARTED);
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
  CHECK(is_alive());

  grant({task(4)});
  end();
  end();
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
    confirm(sequence);

  CHECK(handlers.started.size() == 2);
  CHECK(credits() == 0);
  CHECK_FALSE(is_alive());
}

TEST_CASE_METHOD(worker_fixture,
                 "a stopping worker waits until its node has answered its last Attach",
                 "[worker]") {
  join();
  stop();
  CHECK(is_alive());
  attached();
  CHECK_FALSE(is_alive());
}

TEST_CASE_METHOD(worker_fixture, "a stop interrupts after the drain timeout and costs no attempt",
                 "[worker]") {
  join();
  grant({task(1)});
  stop();
  attached();
  advance(options.drain_timeout + duration{100});
  REQUIRE(handlers.runs.front().control->is_cancelled());

  end(run_result::failed("cancelled", ""));

  CHECK(outcomes().back().verdict() == verdict::SNOOZED);
  confirm(1);
  CHECK_FALSE(is_alive());
}

TEST_CASE_METHOD(worker_fixture, "a worker without a node stops at once if it holds nothing",
                 "[worker]") {
  join();
  lose_router();
  stop();
  CHECK_FALSE(is_alive());
}

TEST_CASE_METHOD(worker_fixture, "a stopping worker does not wait long for an acknowledgement",
                 "[worker]") {
  join();
  grant({task(1)});
  end();
  lose_router();
  stop();
  CHECK(is_alive());
  advance(duration{6'000});
  CHECK_FALSE(is_alive());
}

TEST_CASE_METHOD(worker_fixture, "the death of a user's actor is a failure of its run",
                 "[worker]") {
  options.kinds.clear();
  options.actor_kinds["wash"] = [](caf::event_based_actor* self) -> caf::behavior {
    return {[self](run_atom, const task_input&) {
      const auto unanswered = self->make_response_promise();
      self->quit(caf::exit_reason::kill);
    }};
  };
  join();
  grant({task(1)});
  CHECK(outcomes().at(0).verdict() == verdict::FAILED);
  grant({task(2)});
  CHECK(outcomes().size() == 1);
  confirm(1);
  CHECK(outcomes().size() == 2);
}

namespace {

/// A kind whose runs only record their task actor.
task_behavior recording(caf::actor& task_actor) {
  return [&task_actor](caf::event_based_actor* self) -> caf::behavior {
    const auto promise = std::make_shared<caf::response_promise>();
    return {[self, promise, &task_actor](run_atom, const task_input&) {
      task_actor = caf::actor_cast<caf::actor>(self->current_sender());
      *promise = self->make_response_promise();
    }};
  };
}

} // namespace

TEST_CASE_METHOD(worker_fixture, "the death of a task actor costs its own run only", "[worker]") {
  caf::actor task_actor;
  options.actor_kinds["record"] = recording(task_actor);
  join();
  grant({task(1), task(2, "record"), task(3)});
  caf::anon_send_exit(task_actor, caf::exit_reason::kill);
  advance(duration{10});
  REQUIRE(outcomes().size() == 1);
  CHECK(outcomes().at(0).token() == 2);
  CHECK(outcomes().at(0).error() == "task_actor_died");

  confirm(1);
  CHECK(handlers.runs.size() == 2); // The third has its slot.
  end();
  confirm(2);
  end();
  CHECK(outcomes().size() == 3);
  CHECK(outcomes().back().verdict() == verdict::SUCCEEDED);
}

TEST_CASE_METHOD(worker_fixture, "an outcome that was reported before its task actor died counts",
                 "[worker]") {
  caf::actor task_actor;
  options.slots = 1;
  options.actor_kinds["record"] = recording(task_actor);
  join();
  grant({task(1, "record")});
  revoke(1); // Ends the run; the task actor keeps running.
  confirm(1);
  grant({task(2)});
  caf::anon_send_exit(task_actor, caf::exit_reason::kill);
  scheduler.run_once();
  handlers.finish_oldest();
  run();
  CHECK(outcomes().back().token() == 2);
  CHECK(outcomes().back().verdict() == verdict::SUCCEEDED);
  task_actor = nullptr;
}

} // namespace belfry
