// What a ledger knows of tasks that it has forgotten.
#include "ledger_fixture.hpp"
#include "recovered_ledger.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct forgetful_fixture : ledger_fixture {
  ledger small{{.shard = {3}, .epoch = 1, .settled_kept_max = 1}, *this, now};

  std::vector<task_id> accept_in_small(std::size_t count, const task_spec& task) {
    const std::vector<task_spec> specs(count, task);
    const auto outcomes = *small.submit(client, ++sequence, specs, now);
    std::vector<task_id> ids;
    for (const auto& outcome : outcomes)
      ids.push_back(outcome.id);
    return ids;
  }
};

} // namespace

TEST_CASE_METHOD(forgetful_fixture, "a forgotten task is told from one that was never accepted",
                 "[promises]") {
  const auto ids = accept_in_small(2, spec());
  for (const auto id : ids)
    REQUIRE(small.cancel(id, now).ok());
  REQUIRE_FALSE(small.views().find(ids[0]));

  CHECK(small.views().missing(ids[0]).code == errc::forgotten);
  CHECK(small.cancel(ids[0], now).error().code == errc::forgotten);
  CHECK(small.requeue(ids[0], now).error().code == errc::forgotten);
  CHECK(small.views().explain(ids[0], now).error().code == errc::forgotten);
  const auto next = task_id::of({3}, ids[1].serial() + 1);
  CHECK(small.views().missing(next).code == errc::not_found);
  CHECK(small.cancel(next, now).error().code == errc::not_found);
  CHECK(small.views().missing(task_id::of({3}, 0)).code == errc::not_found);
  CHECK(small.views().missing(task_id::of({4}, 1)).code == errc::not_found);
}

TEST_CASE_METHOD(ledger_fixture, "a forgotten task is forgotten, not unknown, after a restart",
                 "[promises]") {
  auto brief = spec();
  brief.retention = 1s;
  const auto id = accept(brief);
  REQUIRE(tasks.cancel(id, now).ok());
  advance_time(2s);
  REQUIRE_FALSE(tasks.views().find(id));
  recovered_ledger again{*this};
  again.tasks.advance(now, 100);
  CHECK_FALSE(again.tasks.views().find(id));
  CHECK(again.tasks.views().missing(id).code == errc::forgotten);
}

TEST_CASE("an id that a shard passed over when it started may never have been accepted",
          "[promises]") {
  null_sink sink;
  ledger later{{.shard = {3}, .epoch = 9, .serial_min = 1'000}, sink, instant_of_ms(0)};
  later.finish_recovery(instant_of_ms(0));
  const auto missing = later.views().missing(task_id::of({3}, 999));
  CHECK(missing.code == errc::forgotten);
  CHECK(missing.what.find("or it was never accepted") != std::string::npos);
  CHECK(later.views().missing(task_id::of({3}, 1'000)).code == errc::not_found);
}

TEST_CASE_METHOD(forgetful_fixture, "the outcome of a watched task outlives the task",
                 "[promises]") {
  const auto ids = accept_in_small(3, spec());
  small.waits().watch(ids[0]);
  for (const auto id : ids)
    REQUIRE(small.cancel(id, now).ok());
  REQUIRE_FALSE(small.views().find(ids[0]));

  const auto outcome = small.views().outcome(ids[0]);
  REQUIRE(outcome);
  CHECK(outcome->state == task_state::cancelled);
  CHECK(outcome->settled_at == now);
  CHECK_FALSE(small.views().outcome(ids[1])); // Nobody waits for it.

  small.waits().mark_answered(ids[0], now);
  small.advance(now + watched_tasks::answer_kept, 100);
  CHECK_FALSE(small.views().outcome(ids[0]));
}

TEST_CASE_METHOD(forgetful_fixture, "the outcome of a watched task outlives its retention",
                 "[promises]") {
  auto brief = spec();
  brief.retention = duration{0};
  const auto id = accept_in_small(1, brief).front();
  small.waits().watch(id);
  REQUIRE(small.cancel(id, now).ok());
  while (small.next_wakeup() && *small.next_wakeup() <= now + 1s)
    small.advance(now + 1s, 100);
  REQUIRE_FALSE(small.views().find(id));
  CHECK(small.views().outcome(id)->state == task_state::cancelled);
}
