// The checker of saved progress.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;

namespace {

constexpr fencing_token second{2};

/// One task was accepted.
observation_sequence accepted_task() {
  observation_sequence result{progress_kept()};
  task_spec task;
  task.kind = "bake";
  result.then(task_offered{1, task}).then(task_accepted{1, subject, false});
  return result;
}

run_started reading(fencing_token token, std::string progress) {
  return {subject, token, 1, 1, "worker0", true, std::move(progress)};
}

run_ended saving(fencing_token token, std::string progress,
                 run_ended::ending outcome = run_ended::ending::failed) {
  return {subject, token, outcome, {}, {}, std::move(progress)};
}

} // namespace

TEST_CASE("a run that reads what the run before it saved is not reported", "[checkers]") {
  auto events = accepted_task();
  events.then(reading(first, ""))
      .then(fault_injected{"worker_stop worker=worker0"})
      .then(saving(first, "1", run_ended::ending::interrupted))
      .then(reading(second, "1"));
  CHECK(events.end().empty());
}

TEST_CASE("a run that reads older progress than it should is reported", "[checkers]") {
  auto events = accepted_task();
  SECTION("that of no run, while nothing fails") {
    events.then(reading(first, "")).then(saving(first, "1")).then(reading(second, ""));
  }
  SECTION("less than an earlier run") {
    events.then(fault_injected{"server_crash"})
        .then(reading(second, "1"))
        .then(reading(fencing_token{3}, ""));
  }
  SECTION("that of a later run") {
    events.then(fault_injected{"server_crash"}).then(reading(first, "1"));
  }
  CHECK(events.end().size() == 1);
}

TEST_CASE("a run may read older progress if the outcome with the latest can be lost",
          "[checkers]") {
  auto events = accepted_task();
  events.then(reading(first, ""));
  SECTION("because of a fault") {
    events.then(fault_injected{"link_cut"});
  }
  SECTION("because its worker's process died") {
    events.then(run_ended{task_id{8}, first, run_ended::ending::crashed});
  }
  events.then(saving(first, "1")).then(reading(second, ""));
  CHECK(events.end().empty());
}
