// The checker of idempotency keys reports a key that names two tasks.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

task_spec spec() {
  task_spec result;
  result.kind = "bake";
  return result;
}

} // namespace

TEST_CASE("a key that names two tasks is reported", "[checkers]") {
  observation_sequence events{keys_hold()};
  auto task = spec();
  task.key = "daily";
  events.then(task_offered{1, task})
      .then(task_offered{2, task})
      .then(task_accepted{1, subject, false});
  SECTION("the same task") {
    events.then(task_accepted{2, subject, true});
    CHECK(events.end().empty());
  }
  SECTION("another task") {
    events.then(task_accepted{2, {8}, false});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("answers about a key may arrive out of order", "[checkers]") {
  observation_sequence events{keys_hold()};
  auto task = spec();
  task.key = "brief";
  task.key_ttl = 4s;
  events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
  events.then(task_offered{2, task}); // A duplicate, whose answer is lost for a while.
  events.then(task_offered{3, task}).then(task_accepted{3, {8}, false});
  SECTION("a late answer of the first submission") {
    events.then(task_accepted{2, subject, true});
    CHECK(events.end().empty());
  }
  SECTION("an answer to a later submission") {
    events.then(task_offered{4, task}).then(task_accepted{4, subject, true});
    CHECK(events.end().size() == 1);
  }
  SECTION("a new task that was submitted too late to precede the second") {
    events.then(task_accepted{2, {9}, false});
    CHECK(events.end().size() == 1);
  }
}

TEST_CASE("a key is free when its time to live is over, and not much later", "[checkers]") {
  observation_sequence events{keys_hold()};
  auto task = spec();
  task.key = "brief";
  task.key_ttl = 2s;
  events.then(task_offered{1, task}).then(task_accepted{1, subject, false});
  SECTION("another task then") {
    events.then(task_offered{2, task}).then(task_accepted{2, {8}, false});
    CHECK(events.end().empty());
  }
  SECTION("the same task soon after") {
    events.then(task_offered{2, task}).then(task_accepted{2, subject, true});
    CHECK(events.end().empty());
  }
  SECTION("the same task long after") {
    for (int second = 0; second < 5; ++second)
      events.then(faults_healed{});
    events.then(task_offered{2, task}).then(task_accepted{2, subject, true});
    CHECK(events.end().size() == 1);
  }
  SECTION("the same task long after, when a fault may have delayed the first") {
    events.then(fault_injected{"link_cut"}).then(task_offered{2, task});
    events.then(task_accepted{2, {8}, false});
    for (int second = 0; second < 10; ++second)
      events.then(faults_healed{});
    events.then(task_offered{3, task}).then(task_accepted{3, {8}, true});
    CHECK(events.end().empty());
  }
}
