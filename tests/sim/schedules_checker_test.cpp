// The checker of schedules reports runs that are duplicated, at the wrong time or missing.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;

namespace {

/// Starts at 1,001 seconds: the schedule is due at 1,010, 1,020 and so on. Two and a half minutes
/// later its tasks are listed; runs due in the last two minutes may still be pending.
std::vector<std::string> listed_with(std::vector<std::int64_t> seconds,
                                     misfire_policy misfire = misfire_policy::run_all) {
  observation_sequence events{schedules_match()};
  schedule_spec every_ten;
  every_ten.name = "ten";
  every_ten.when.line = "*/10 * * * * *";
  every_ten.misfire = misfire;
  events.then(schedule_acknowledged{every_ten});
  schedule_listed listed{"ten", {}};
  for (const auto at : seconds)
    listed.due.push_back(instant_of_ms(at * 1000));
  for (int idle = 0; idle < 150; ++idle)
    events.then(faults_healed{});
  events.then(listed);
  return events.end();
}

} // namespace

TEST_CASE("a schedule that ran at each of its instants is correct", "[checkers]") {
  CHECK(listed_with({1'010, 1'030, 1'020, 1'040}).empty());
}

TEST_CASE("a schedule that ran twice, at a wrong time, late or not at all is reported",
          "[checkers]") {
  CHECK(is_reported(listed_with({1'010, 1'020, 1'020, 1'030}), "twice for one instant: 1020000"));
  CHECK(is_reported(listed_with({1'010, 1'020, 1'040}), "skipped a run before: 1040000"));
  CHECK(is_reported(listed_with({1'020, 1'030}), "did not run though it was due: 1010000"));
  CHECK(is_reported(listed_with({1'010}), "has stopped running; it was due: 1020000"));
  CHECK(is_reported(listed_with({}), "did not run though it was due: 1010000"));
  CHECK(listed_with({1'010, 1'015, 1'020}).front().find("does not name: 1015000") !=
        std::string::npos);
}

TEST_CASE("a schedule may skip runs if its policy allows it", "[checkers]") {
  CHECK(listed_with({1'010, 1'040}, misfire_policy::run_once).empty());
  CHECK(listed_with({}, misfire_policy::skip).empty());
}

TEST_CASE("a schedule at boot that ran twice for one boot is reported", "[checkers]") {
  const auto listed = [](const std::vector<std::int64_t>& seconds) {
    observation_sequence events{schedules_match()};
    schedule_spec warm;
    warm.name = "warm";
    warm.when.line = "@reboot";
    warm.misfire = misfire_policy::run_all;
    events.then(schedule_acknowledged{warm});
    schedule_listed tasks{"warm", {}};
    for (const auto at : seconds)
      tasks.due.push_back(instant_of_ms(at * 1000));
    events.then(tasks);
    return events.end();
  };
  CHECK(listed({}).empty());
  CHECK(listed({1'010, 1'400}).empty());
  CHECK(is_reported(listed({1'010, 1'400, 1'010}), "twice for one instant: 1010000"));
}
