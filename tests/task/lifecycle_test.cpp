#include "task/lifecycle.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a settled task leaves its state only by requeue, and only from dead", "[lifecycle]") {
  for (auto state :
       {task_state::succeeded, task_state::dead, task_state::cancelled, task_state::expired})
    for (int number = 0; number <= static_cast<int>(step::is_requeued); ++number) {
      const auto change = static_cast<step>(number);
      const bool is_allowed = state == task_state::dead && change == step::is_requeued;
      CHECK(after(state, change).has_value() == is_allowed);
    }
}

TEST_CASE("only a ready task starts, only a running one succeeds or fails", "[lifecycle]") {
  for (int number = 1; number <= 7; ++number) {
    const auto state = static_cast<task_state>(number);
    CHECK(after(state, step::starts).has_value() == (state == task_state::ready));
    CHECK(after(state, step::succeeds).has_value() == (state == task_state::running));
    CHECK(after(state, step::fails_retryably).has_value() == (state == task_state::running));
    CHECK(after(state, step::fails_permanently).has_value() == (state == task_state::running));
    CHECK(after(state, step::snoozes).has_value() == (state == task_state::running));
  }
}
