// The checker of begun handlers reports every violation, and nothing in a correct run.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

task_observed seen(task_state state, std::optional<instant> started_at = {},
                   std::optional<duration> ran = {}) {
  task_info info;
  info.id = subject;
  info.state = state;
  info.token = first;
  info.started_at = started_at;
  info.ran = ran;
  return {info};
}

/// A handler that has begun: `began_at`.
struct begun_sequence : observation_sequence {
  explicit begun_sequence(bool has_one_server = true)
      : observation_sequence(begins_told(has_one_server, 2'500ms)) {
    then(task_offered{1, {}}).then(run_granted{subject, first}).then(seen(task_state::reserved));
    then(run_started{subject, first, 1, 1, "worker0"});
    began_at = now();
  }

  instant began_at{};
};

} // namespace

TEST_CASE("a task that is reserved, then runs, then has succeeded is accepted", "[checkers]") {
  begun_sequence events;
  events.then(seen(task_state::reserved))
      .then(seen(task_state::reserved))
      .then(seen(task_state::running, events.began_at + 3ms))
      .then(run_ended{subject, first})
      .then(seen(task_state::succeeded, events.began_at + 3ms, 4s + 1ms));
  CHECK(events.end().empty());
}

TEST_CASE("a task that is shown to run though its handler has not begun is reported",
          "[checkers]") {
  SECTION("at all") {
    observation_sequence events{begins_told(true, 2'500ms)};
    events.then(run_granted{subject, first}).then(seen(task_state::running, events.now()));
    CHECK(events.end().size() == 1);
  }
  SECTION("again, even after a fault") {
    begun_sequence events{false};
    auto again = seen(task_state::running, events.began_at);
    again.info.token = {2};
    events.then(fault_injected{"server_crash"}).then(again);
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("what is shown of a begun handler is reported if it is wrong", "[checkers]") {
  begun_sequence events;
  SECTION("reserved for more than a heartbeat") {
    for (int i = 0; i < 4; ++i)
      events.then(seen(task_state::reserved));
  }
  SECTION("begun at another time") {
    events.then(seen(task_state::running, events.began_at - 2s));
  }
  SECTION("begun at no time") {
    events.then(seen(task_state::running));
  }
  SECTION("another run time") {
    events.then(run_ended{subject, first}).then(seen(task_state::succeeded, events.began_at, 2s));
  }
  SECTION("no run time") {
    events.then(run_ended{subject, first}).then(seen(task_state::succeeded, events.began_at));
  }
  CHECK(events.end().size() == 1);
}

TEST_CASE("counts of running tasks from the last heartbeat are accepted", "[checkers]") {
  begun_sequence events;
  events.then(runs_counted{0, 0}).then(runs_counted{1, 0}).then(runs_counted{0, 1});
  events.then(runs_counted{1, 1}).then(run_ended{subject, first});
  events.then(runs_counted{1, 1}).then(runs_counted{0, 0}).then(runs_counted{0, 1});
  for (int i = 0; i < 9; ++i)
    events.then(runs_counted{0, 0});
  CHECK(events.end().empty());
}

TEST_CASE("a run that was asked to end need not be counted", "[checkers]") {
  begun_sequence events;
  events.then(cancel_requested{subject});
  for (int i = 0; i < 9; ++i)
    events.then(runs_counted{0, 0});
  CHECK(events.end().empty());
}

TEST_CASE("counts of running tasks that are older are reported", "[checkers]") {
  begun_sequence events;
  SECTION("a task that has been running is not counted") {
    events.then(runs_counted{1, 1}).then(runs_counted{1, 1}).then(runs_counted{1, 1});
    events.then(runs_counted{1, 0});
    CHECK(events.end() == std::vector<std::string>{
                              "begins told: the workers say that 0 tasks run, but 1 to 1 ran"});
  }
  SECTION("more tasks are counted than have been running") {
    events.then(runs_counted{2, 1});
    CHECK(events.end() ==
          std::vector<std::string>{"begins told: the queues say that 2 tasks run, but 0 to 1 ran"});
  }
  SECTION("a task that has ended is still counted") {
    events.then(run_ended{subject, first});
    for (int i = 0; i < 4; ++i)
      events.then(runs_counted{0, i == 3 ? 1U : 0U});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("after a fault the begin of a handler may be told late", "[checkers]") {
  begun_sequence events;
  SECTION("a fault") {
    events.then(fault_injected{"freeze"});
  }
  SECTION("the crash of a worker") {
    events.then(run_ended{{8}, first, run_ended::ending::crashed});
  }
  for (int i = 0; i < 9; ++i)
    events.then(seen(task_state::reserved));
  CHECK(events.end().empty());
}
