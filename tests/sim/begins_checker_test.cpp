// The checker of begun handlers reports every violation, and nothing in a correct run.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

#include <optional>

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
    then(run_granted{subject, first}).then(seen(task_state::reserved));
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
