#include "shard/task_waiters.hpp"

#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

using namespace belfry;

namespace {

struct waiters_fixture : test::actor_fixture {
  waiters_fixture() {
    adopt(first.actor());
    adopt(second.actor());
  }
  ~waiters_fixture() { kill_owned(); }

  /// The correlations of those that wait for `task`.
  std::vector<std::uint64_t> take(task_id settled) {
    std::vector<std::uint64_t> correlations;
    for (const auto& waiter : waiters.take(settled))
      correlations.push_back(waiter.correlation);
    return correlations;
  }

  static constexpr task_id task{1};
  static constexpr task_id other{2};
  static constexpr instant start = instant_of_ms(1'700'000'000'000);

  test::probe first{system};
  test::probe second{system};
  task_waiters waiters;
};

using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE_METHOD(waiters_fixture, "clients wait for one task each and are taken once",
                 "[task_waiters]") {
  CHECK(waiters.is_empty());
  waiters.add(task, first.actor(), 1, start);
  waiters.add(task, second.actor(), 2, start);
  waiters.add(other, first.actor(), 3, start);
  CHECK(take(task) == numbers{1, 2});
  CHECK(take(task).empty());
  CHECK_FALSE(waiters.is_empty());
  CHECK(take(other) == numbers{3});
  CHECK(waiters.is_empty());
}

TEST_CASE_METHOD(waiters_fixture, "a repeated request of one client is one waiter",
                 "[task_waiters]") {
  waiters.add(task, first.actor(), 1, start);
  waiters.add(task, first.actor(), 1, start);
  waiters.add(task, second.actor(), 1, start); // Another client with the same number.
  CHECK(take(task) == numbers{1, 1});
}

TEST_CASE_METHOD(waiters_fixture, "a client that stops repeating its request is forgotten",
                 "[task_waiters]") {
  waiters.add(task, first.actor(), 1, start);
  waiters.add(task, second.actor(), 2, start);
  waiters.add(other, first.actor(), 3, start);
  CHECK(waiters.expire(start).empty());
  const auto later = start + task_waiters::timeout;
  waiters.add(task, second.actor(), 2, later);
  CHECK(waiters.expire(later + duration{1}) == std::vector{other}); // Nobody waits for it now.
  CHECK(waiters.has(task));
  CHECK_FALSE(waiters.has(other));
  CHECK(take(task) == numbers{2});
}
