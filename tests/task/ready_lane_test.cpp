#include "task/ready_lane.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr instant earliest_due = instant_of_ms(1'700'000'000'000);

/// A lane, and the tasks of which its owner says that they are ready: by serial and due instant.
struct ready_lane_fixture {
  using serial_list = std::vector<std::uint64_t>;

  ready_lane lane;
  std::set<std::pair<std::uint64_t, instant>> ready;

  void add(std::uint64_t serial, std::int32_t priority = 0, instant due = earliest_due) {
    ready.emplace(serial, due);
    lane.add({.priority = priority, .due = due, .id = task_id{serial}});
  }
  void remove(std::uint64_t serial, instant due = earliest_due) {
    ready.erase({serial, due});
    lane.mark_removed();
  }
  [[nodiscard]] bool is_ready(const ready_entry& entry) const {
    return ready.contains({entry.id.value, entry.due});
  }
  const ready_entry* front() {
    return lane.front([this](const ready_entry& entry) { return is_ready(entry); });
  }
  /// Of tasks whose priority is `priority_min` at least.
  [[nodiscard]] std::optional<instant> oldest_due(std::int32_t priority_min,
                                                  std::size_t steps_max = 100) const {
    const auto counts = [this](const ready_entry& entry) { return is_ready(entry); };
    return lane.oldest_due(counts, priority_min, steps_max);
  }
  /// Starts all tasks of the lane. Returns them in the order in which they went.
  serial_list start_all() {
    serial_list started;
    while (const auto* next = front()) {
      started.push_back(next->id.value);
      remove(next->id.value, next->due);
    }
    return started;
  }
};

} // namespace

TEST_CASE_METHOD(ready_lane_fixture, "a lane without tasks has no next task", "[ready_lane]") {
  CHECK(front() == nullptr);
  CHECK(lane.size() == 0);
}

TEST_CASE_METHOD(ready_lane_fixture, "of the ready tasks the one of greatest priority goes first",
                 "[ready_lane]") {
  add(1, -100);
  add(2, 100, earliest_due + 1h);
  add(3, 0);

  CHECK(start_all() == serial_list{2, 3, 1});
}

TEST_CASE_METHOD(ready_lane_fixture,
                 "of ready tasks of one priority the one that was due first goes first",
                 "[ready_lane]") {
  add(1, 5, earliest_due + 2ms);
  add(2, 5, earliest_due + 1ms);
  add(3, 5, earliest_due);

  CHECK(start_all() == serial_list{3, 2, 1});
}

TEST_CASE_METHOD(ready_lane_fixture,
                 "of ready tasks due at one instant the one accepted first goes first",
                 "[ready_lane]") {
  for (const std::uint64_t serial : {4, 1, 3, 5, 2})
    add(serial);

  CHECK(start_all() == serial_list{1, 2, 3, 4, 5});
}

TEST_CASE("no ready task goes before itself", "[ready_lane]") {
  const ready_entry entry{.priority = 3, .due = earliest_due, .id = task_id{7}};

  CHECK_FALSE(entry.is_after(entry));
}

TEST_CASE_METHOD(ready_lane_fixture, "the next task waits in its lane until it is removed",
                 "[ready_lane]") {
  add(1);
  add(2);

  CHECK(front()->id == task_id{1});
  CHECK(front()->id == task_id{1});
  CHECK(lane.size() == 2);
}

TEST_CASE_METHOD(ready_lane_fixture, "a task that is removed from its lane does not go",
                 "[ready_lane]") {
  add(1);
  add(2);
  add(3);

  SECTION("at the front") {
    remove(1);
    CHECK(lane.size() == 2);
    CHECK(start_all() == serial_list{2, 3});
  }
  SECTION("in the middle") {
    remove(2);
    CHECK(lane.size() == 2);
    CHECK(start_all() == serial_list{1, 3});
  }
  SECTION("and all others with it") {
    for (const std::uint64_t serial : {3, 1, 2})
      remove(serial);
    CHECK(lane.size() == 0);
    CHECK(front() == nullptr);
  }
}

TEST_CASE_METHOD(ready_lane_fixture, "a lane counts its tasks, not the entries that are left over",
                 "[ready_lane]") {
  add(1);
  add(2);
  remove(2); // Its entry is behind the front and stays.
  add(3);

  CHECK(front()->id == task_id{1});
  CHECK(lane.size() == 2);
}

TEST_CASE_METHOD(ready_lane_fixture, "a task that is ready once more goes once", "[ready_lane]") {
  add(1);
  add(2);

  SECTION("at a later due instant") {
    remove(1);
    add(1, 0, earliest_due + 1s);
    CHECK(lane.size() == 2);
    CHECK(start_all() == serial_list{2, 1});
  }
  SECTION("at the same due instant, while its first entry is left over") {
    remove(2);
    add(2);
    CHECK(lane.size() == 2);
    CHECK(start_all() == serial_list{1, 2});
  }
  CHECK(lane.size() == 0);
}

TEST_CASE_METHOD(ready_lane_fixture, "a task of greater priority overtakes those that wait",
                 "[ready_lane]") {
  add(1);
  REQUIRE(front()->id == task_id{1});

  add(2, 1, earliest_due + 1h);

  CHECK(front()->id == task_id{2});
}

TEST_CASE_METHOD(ready_lane_fixture, "the task that has waited longest is found", "[ready_lane]") {
  CHECK_FALSE(oldest_due(0).has_value());
  add(1, 0, earliest_due + 5s);
  add(2, 0, earliest_due + 3s);
  add(3, 0, earliest_due + 9s);
  CHECK(oldest_due(0) == earliest_due + 3s);
  remove(2, earliest_due + 3s);
  CHECK(oldest_due(0) == earliest_due + 5s);
  remove(1, earliest_due + 5s);
  remove(3, earliest_due + 9s);
  CHECK_FALSE(oldest_due(0).has_value());
}

TEST_CASE_METHOD(ready_lane_fixture, "an old task of low priority is found behind newer ones",
                 "[ready_lane]") {
  for (std::uint64_t serial = 1; serial <= 40; ++serial)
    add(serial, serial % 2 == 0 ? 5 : 3, earliest_due + 10s);
  add(41, -7, earliest_due);
  add(42, 5, earliest_due + 1s);
  CHECK(oldest_due(-7) == earliest_due);
  CHECK(oldest_due(-100) == earliest_due);
  CHECK(oldest_due(-100, 1) == earliest_due + 1s); // It looks at no more than that.
}

TEST_CASE_METHOD(ready_lane_fixture, "entries of tasks that change again and again are dropped",
                 "[ready_lane]") {
  const auto later = earliest_due + 1s;
  add(1);
  add(2);
  for (int i = 0; i < 1'000; ++i) {
    remove(2, i % 2 == 0 ? earliest_due : later);
    add(2, 0, i % 2 == 0 ? later : earliest_due);
    lane.drop_stale_if_many([this](const ready_entry& entry) { return is_ready(entry); });
  }
  CHECK(lane.entry_count() < 100);
  CHECK(lane.size() == 2);
  CHECK(start_all() == serial_list{1, 2});
}
