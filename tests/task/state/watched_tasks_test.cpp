#include "task/state/watched_tasks.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

constexpr task_id first_task{7};
constexpr task_id second_task{8};
constexpr auto start = instant_of_ms(1'000'000);

task_info outcome_of(task_id id, std::size_t bytes = 5) {
  task_info info;
  info.id = id;
  info.state = task_state::succeeded;
  info.output.assign(bytes, 'x');
  return info;
}

} // namespace

TEST_CASE("the outcome of a watched task is kept, and of no other", "[watched_tasks]") {
  watched_tasks watched;
  CHECK(watched.is_empty());
  watched.watch(first_task);
  CHECK(watched.is_watched(first_task));
  CHECK_FALSE(watched.is_watched(second_task));
  CHECK_FALSE(watched.outcome(first_task));

  watched.keep(outcome_of(first_task));
  watched.keep(outcome_of(second_task));

  REQUIRE(watched.outcome(first_task));
  CHECK(*watched.outcome(first_task) == outcome_of(first_task));
  CHECK_FALSE(watched.outcome(second_task));
}

TEST_CASE("an outcome is kept until it is answered, and a while longer", "[watched_tasks]") {
  watched_tasks watched;
  watched.watch(first_task);
  watched.keep(outcome_of(first_task));
  watched.expire(start + 10 * watched_tasks::answer_kept);
  CHECK(watched.outcome(first_task));

  watched.mark_answered(first_task, start);
  watched.expire(start + watched_tasks::answer_kept - duration{1});
  CHECK(watched.outcome(first_task));
  watched.expire(start + watched_tasks::answer_kept);
  CHECK_FALSE(watched.outcome(first_task));
  CHECK(watched.is_empty());
}

TEST_CASE("a task that is waited for again after an answer stays watched", "[watched_tasks]") {
  watched_tasks watched;
  watched.watch(first_task);
  watched.mark_answered(first_task, start);
  watched.watch(first_task); // It was requeued.
  watched.expire(start + watched_tasks::answer_kept);
  CHECK(watched.is_watched(first_task));
  watched.mark_answered(first_task, start + watched_tasks::answer_kept);
  watched.expire(start + 2 * watched_tasks::answer_kept);
  CHECK(watched.is_empty());
}

TEST_CASE("a task that nobody waits for any more is not watched", "[watched_tasks]") {
  watched_tasks watched;
  watched.watch(first_task);
  watched.keep(outcome_of(first_task));
  watched.unwatch(first_task);
  watched.unwatch(second_task);
  watched.mark_answered(first_task, start);
  CHECK(watched.is_empty());
  CHECK_FALSE(watched.outcome(first_task));
}

TEST_CASE("answered outcomes have a bounded size, the oldest are forgotten first",
          "[watched_tasks]") {
  watched_tasks watched;
  for (const auto id : {first_task, second_task}) {
    watched.watch(id);
    watched.keep(outcome_of(id, watched_tasks::answered_bytes_max));
  }
  CHECK(watched.outcome(first_task)); // Not answered yet.
  watched.mark_answered(first_task, start);
  watched.mark_answered(second_task, start + duration{1});
  CHECK_FALSE(watched.outcome(first_task));
  CHECK(watched.outcome(second_task)); // The latest, however large.
}
