#include "task/lifecycle.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a settled task moves by requeue alone, and only from dead", "[lifecycle]") {
  for (auto from :
       {task_state::succeeded, task_state::dead, task_state::cancelled, task_state::expired})
    for (int what = 0; what <= static_cast<int>(step::is_requeued); ++what) {
      const bool may = from == task_state::dead && static_cast<step>(what) == step::is_requeued;
      CHECK(after(from, static_cast<step>(what)).has_value() == may);
    }
}

TEST_CASE("only a ready task starts, only a running one succeeds or fails", "[lifecycle]") {
  for (int number = 1; number <= 7; ++number) {
    const auto from = static_cast<task_state>(number);
    CHECK(after(from, step::starts).has_value() == (from == task_state::ready));
    CHECK(after(from, step::succeeds).has_value() == (from == task_state::running));
    CHECK(after(from, step::fails_retryably).has_value() == (from == task_state::running));
    CHECK(after(from, step::fails_permanently).has_value() == (from == task_state::running));
    CHECK(after(from, step::snoozes).has_value() == (from == task_state::running));
  }
}
