#include "task/lifecycle.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a settled task leaves its state only by requeue, and only from dead", "[lifecycle]") {
  for (auto state :
       {task_state::succeeded, task_state::dead, task_state::cancelled, task_state::expired})
    for (int number = 0; number <= static_cast<int>(step::is_postponed); ++number) {
      const auto change = static_cast<step>(number);
      const bool is_allowed = state == task_state::dead && change == step::is_requeued;
      CHECK(after(state, change).has_value() == is_allowed);
    }
}

TEST_CASE("only a ready task is granted, only a granted one succeeds or fails", "[lifecycle]") {
  for (const auto state : task_states) {
    CHECK(after(state, step::is_reserved).has_value() == (state == task_state::ready));
    CHECK(after(state, step::starts).has_value() == (state == task_state::ready));
    CHECK(after(state, step::begins).has_value() == (state == task_state::reserved));
    CHECK(after(state, step::succeeds).has_value() == is_granted(state));
    CHECK(after(state, step::fails_retryably).has_value() == is_granted(state));
    CHECK(after(state, step::fails_permanently).has_value() == is_granted(state));
    CHECK(after(state, step::snoozes).has_value() == is_granted(state));
  }
}

TEST_CASE("a reserved task is neither settled nor running", "[lifecycle]") {
  CHECK_FALSE(is_settled(task_state::reserved));
  CHECK(after(task_state::ready, step::is_reserved) == task_state::reserved);
  CHECK(after(task_state::reserved, step::begins) == task_state::running);
}
