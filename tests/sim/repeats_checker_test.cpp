// The checker of ids and tokens remembers what was given before a disk was lost.
#include "observation/lost_runs.hpp"
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;

namespace {

constexpr fencing_token later{9};

run_started start_of(fencing_token token) {
  return {subject, token, 1, 1, "worker0"};
}

} // namespace

TEST_CASE("a token that is granted again after its disk was lost is reported", "[checkers]") {
  observation_sequence events{nothing_repeats()};
  events.then(run_granted{subject, later}).then(disk_replaced{});
  SECTION("to another task of the shard") {
    events.then(run_granted{{8}, later});
    CHECK(events.end().size() == 1);
  }
  SECTION("though another loss lies between") {
    events.then(disk_replaced{true}).then(run_granted{subject, first});
    CHECK(events.end().size() == 1);
  }
  SECTION("but not a greater one") {
    events.then(run_granted{subject, {later.value + 1}});
    CHECK(events.end().empty());
  }
  SECTION("nor one of another shard") {
    events.then(run_granted{task_id::of({2}, 1), first});
    CHECK(events.end().empty());
  }
}

TEST_CASE("a deposed server may send a grant late", "[checkers]") {
  observation_sequence events{nothing_repeats()};
  events.then(run_granted{subject, later}).then(run_granted{subject, first});
  CHECK(events.end().empty());
}

TEST_CASE("an id that names two tasks is reported, whatever happened between", "[checkers]") {
  observation_sequence events{nothing_repeats()};
  events.then(task_accepted{1, subject, false}).then(disk_replaced{});
  SECTION("when a client is told so") {
    events.then(task_accepted{2, subject, false});
    CHECK(events.end().size() == 1);
  }
  SECTION("when the other task runs") {
    auto other = start_of(later);
    other.tag = 2;
    events.then(other);
    CHECK(events.end().size() == 1);
  }
  SECTION("but a backup holds the task itself") {
    events.then(task_accepted{1, subject, false}).then(start_of(later));
    CHECK(events.end().empty());
  }
  SECTION("and a task without a tag says nothing") {
    auto unknown = start_of(later);
    unknown.tag = 0;
    events.then(unknown);
    CHECK(events.end().empty());
  }
}

TEST_CASE("runs that were granted before a disk was lost are lost runs", "[checkers]") {
  lost_runs runs;
  runs.note(run_granted{subject, later});
  CHECK_FALSE(runs.is_of_lost_run(start_of(later)));

  runs.note(disk_replaced{});
  runs.note(run_granted{subject, {10}});

  CHECK(runs.is_of_lost_run(start_of(later)));
  CHECK(runs.is_of_lost_run(run_ended{subject, first}));
  CHECK_FALSE(runs.is_of_lost_run(start_of({10})));
  CHECK_FALSE(runs.is_of_lost_run(run_started{task_id::of({2}, 1), first, 1, 1, "worker0"}));
  CHECK_FALSE(runs.is_of_lost_run(run_granted{subject, later}));
}
