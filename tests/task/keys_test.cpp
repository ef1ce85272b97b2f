// Which task an idempotency key names, and for how long.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "a key names the same task for its time to live", "[ledger]") {
  auto task = spec();
  task.key = "order-7";
  task.key_ttl = 1h;
  const auto id = accept(task);
  finish(start(), verdict::succeeded);
  advance_time(59min);
  const auto again = submit(task);
  CHECK(again.id == id);
  CHECK(again.is_duplicate);
  advance_time(2min);
  CHECK(submit(task).id != id);
}

TEST_CASE_METHOD(ledger_fixture,
                 "a key is free after its time to live, in whatever state its task is",
                 "[ledger]") {
  auto task = spec();
  task.key = "order-7";
  task.key_ttl = 1h;
  const auto id = accept(task);
  SECTION("it is dead") {
    finish(start(), verdict::failed, true);
  }
  SECTION("it is cancelled") {
    REQUIRE(tasks.cancel(id, now).ok());
  }
  SECTION("it waits") {}
  advance_time(61min);
  const auto again = submit(task);
  CHECK(again.id != id);
  CHECK_FALSE(again.is_duplicate);
}
