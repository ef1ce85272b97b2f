// Runs that were granted and never began.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "a pause calls back runs of its queue that have not begun",
                 "[ledger]") {
  const auto id = accept(spec());
  auto elsewhere = spec();
  elsewhere.queue = "other";
  accept(elsewhere);
  const auto run = start();
  start(ann, "wash", "other");
  (void)tasks.take_effects();

  REQUIRE(tasks.set_queue({"default", true, 1, durability::durable}, now).ok());

  const auto recalls = tasks.take_effects().recalls;
  REQUIRE(recalls.size() == 1);
  CHECK(recalls[0].session == ann);
  CHECK(recalls[0].task == id);
  CHECK(recalls[0].token == run.token);

  // A worker that comes back hears it again.
  tasks.attach(ann, {run}, now);
  CHECK(tasks.take_effects().recalls.size() == 1);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never began is no start", "[ledger]") {
  auto one = spec();
  one.start_by = now + 2s;
  const auto id = accept(one);
  SECTION("given back") {
    end(start(), verdict::not_started);
  }
  SECTION("of a kind that the worker does not know") {
    end(start(), verdict::unknown_kind);
  }
  SECTION("lost on the way") {
    tasks.attach(start().session, {}, now);
  }
  CHECK_FALSE(tasks.describe(id, false)->started_at);
  pass(2s + 1ms);
  pass(5s);
  CHECK(state(id) == task_state::expired);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never began does not undo an earlier start",
                 "[ledger]") {
  auto one = spec();
  one.start_by = now + 2s;
  const auto id = accept(one);
  end(start(), verdict::snoozed);
  pass(1s);
  end(start(), verdict::not_started);
  pass(5s);
  CHECK(start().task == id);
}

TEST_CASE_METHOD(ledger_fixture, "a run that never began keeps its attempt and its place",
                 "[ledger]") {
  const auto first = accept(spec());
  pass(1s);
  const auto second = accept(spec());
  end(start(), verdict::not_started);
  pass(1ms);
  CHECK(tasks.describe(first, false)->attempt == 0);
  CHECK(start().task == first);
  CHECK(start().task == second);
}

TEST_CASE_METHOD(ledger_fixture, "a lease that ends before its grant has left costs nothing",
                 "[ledger]") {
  auto once = spec();
  once.retry.attempts_max = 1;
  const auto id = accept(once);
  tasks.renew_lease(ann, now);
  REQUIRE(tasks.grant(ann, "default", "wash", 1, now) == 1);

  SECTION("it waits to be written") {
    pass(11s);
    CHECK(state(id) == task_state::ready);
    CHECK(tasks.describe(id, false)->attempt == 0);
    CHECK(tasks.describe(id, false)->crashes == 0);
  }
  SECTION("somebody wants it cancelled") {
    REQUIRE(tasks.cancel(id, now).ok());
    pass(11s);
    CHECK(state(id) == task_state::cancelled);
  }
  SECTION("it has left: nobody knows how far it came") {
    tasks.mark_sent(tasks.take_effects().grants.at(0));
    pass(11s);
    CHECK(state(id) == task_state::dead);
    CHECK(tasks.describe(id, false)->crashes == 1);
  }
}
