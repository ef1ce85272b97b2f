// The checker of commands to schedules reports what a paused or a triggered schedule must not do.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

using action = schedule_commanded::action;

/// A task of the schedule.
struct fired_task {
  std::int64_t due_s = 0;
  std::int64_t accepted_s = 0;
};

/// Events are one second apart: the pause is acknowledged at 1,002 seconds, the resumption is
/// requested at 1,013 and acknowledged at 1,014.
observation_sequence paused_and_resumed(std::unique_ptr<checker> rule) {
  observation_sequence events{std::move(rule)};
  events.then(schedule_commanded{"tick", action::pause, false})
      .then(schedule_commanded{"tick", action::pause, true});
  for (int i = 0; i < 10; ++i)
    events.then(fault_injected{"server_crash"});
  events.then(schedule_commanded{"tick", action::resume, false})
      .then(schedule_commanded{"tick", action::resume, true});
  return events;
}

schedule_listed listed_of(const std::vector<fired_task>& tasks) {
  schedule_listed listed{"tick", {}, {}};
  for (const auto& task : tasks) {
    listed.due.push_back(instant_of_ms(task.due_s * 1000));
    listed.accepted.push_back(instant_of_ms(task.accepted_s * 1000));
  }
  return listed;
}

std::vector<std::string> triggered(int requested, int acknowledged, std::size_t listed,
                                   bool is_disk_lost = false) {
  observation_sequence events{schedules_obey()};
  if (is_disk_lost)
    events.then(disk_replaced{});
  for (int i = 0; i < requested; ++i)
    events.then(schedule_commanded{"tick", action::trigger, false});
  for (int i = 0; i < acknowledged; ++i)
    events.then(schedule_commanded{"tick", action::trigger, true});
  events.then(listed_of(std::vector<fired_task>(listed, fired_task{1'001, 1'001})));
  return events.end();
}

} // namespace

TEST_CASE("a schedule may fire until its pause is acknowledged and once it is asked to resume",
          "[checkers]") {
  auto events = paused_and_resumed(schedules_obey());
  events.then(listed_of({{1'000, 1'000}, {1'002, 1'002}, {1'013, 1'013}, {1'014, 1'014}}));
  CHECK(events.end().empty());
}

TEST_CASE("a schedule that fires while it is paused is reported", "[checkers]") {
  auto events = paused_and_resumed(schedules_obey());
  SECTION("between the acknowledgement and the request to resume") {
    events.then(listed_of({{1'000, 1'003}}));
    CHECK(is_reported(events.end(), "fired though it was paused: 1003000"));
  }
  SECTION("later, for an instant of the pause") {
    events.then(listed_of({{1'012, 1'015}}));
    CHECK(is_reported(events.end(), "made up for an instant of its pause: 1012000"));
  }
  SECTION("unless a clock was set") {
    events.then(fault_injected{"clock_step wrong_by_ms=60000"}).then(listed_of({{1'012, 1'012}}));
    CHECK(events.end().empty());
  }
  SECTION("unless the pause was lost with the disk") {
    events.then(disk_replaced{}).then(listed_of({{1'012, 1'012}}));
    CHECK(events.end().empty());
  }
}

TEST_CASE("a schedule that is still paused has not fired since", "[checkers]") {
  observation_sequence events{schedules_obey()};
  events.then(schedule_commanded{"tick", action::pause, true})
      .then(faults_healed{})
      .then(faults_healed{})
      .then(listed_of({{1'003, 1'003}}));
  CHECK(events.end().size() == 2); // For its instant, and when it fired.
}

TEST_CASE("a schedule that does not fire after it was resumed is reported", "[checkers]") {
  auto events = paused_and_resumed(schedules_obey());
  events.then(faults_healed{});
  SECTION("long after") {
    for (int i = 0; i < 61; ++i)
      events.then(fault_injected{"server_crash"});
    events.then(listed_of({{1'001, 1'001}}));
    CHECK(is_reported(events.end(), "has not fired since it was resumed"));
  }
  SECTION("long after, but it may wait for its last task") {
    schedule_spec spec;
    spec.name = "tick";
    spec.overlap = overlap_policy::queue_one;
    events.then(schedule_acknowledged{spec});
    for (int i = 0; i < 61; ++i)
      events.then(fault_injected{"server_crash"});
    events.then(listed_of({{1'001, 1'001}}));
    CHECK(events.end().empty());
  }
  SECTION("not yet") {
    events.then(listed_of({{1'001, 1'001}}));
    CHECK(events.end().empty());
  }
}

TEST_CASE("each trigger submits one task", "[checkers]") {
  CHECK(triggered(2, 2, 2).empty());
  CHECK(triggered(2, 1, 1).empty()); // Without an answer: either is right.
  CHECK(triggered(2, 1, 2).empty());
  CHECK(is_reported(triggered(2, 2, 1), "submitted 1 tasks, but 2 triggers were acknowledged"));
  CHECK(is_reported(triggered(2, 2, 3), "submitted 3 tasks for 2 triggers"));
  CHECK(triggered(2, 2, 3, true).empty()); // The backup may have some of before.
  CHECK(is_reported(triggered(2, 2, 1, true), "submitted 1 tasks"));
}

TEST_CASE("a paused schedule may leave out instants, and fires at no other", "[checkers]") {
  schedule_spec every_ten;
  every_ten.name = "tick";
  every_ten.when.line = "*/10 * * * * *";
  every_ten.misfire = misfire_policy::run_all;
  observation_sequence events{schedules_match()};
  events.then(schedule_acknowledged{every_ten})
      .then(schedule_commanded{"tick", action::pause, false});
  for (int i = 0; i < 200; ++i)
    events.then(faults_healed{});
  SECTION("it leaves out instants") {
    events.then(listed_of({{1'010, 1'010}, {1'060, 1'060}}));
    CHECK(events.end().empty());
  }
  SECTION("it fires at another") {
    events.then(listed_of({{1'015, 1'015}}));
    CHECK(is_reported(events.end(), "does not name: 1015000"));
  }
  SECTION("it fires twice for one") {
    events.then(listed_of({{1'010, 1'010}, {1'010, 1'011}}));
    CHECK(is_reported(events.end(), "ran twice for one instant: 1010000"));
  }
}

TEST_CASE("a triggered schedule submits tasks at any instant", "[checkers]") {
  schedule_spec every_ten;
  every_ten.name = "tick";
  every_ten.when.line = "*/10 * * * * *";
  observation_sequence events{schedules_match()};
  events.then(schedule_acknowledged{every_ten})
      .then(schedule_commanded{"tick", action::trigger, false})
      .then(listed_of({{1'015, 1'015}}));
  CHECK(events.end().empty());
}
