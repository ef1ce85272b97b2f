// What an idempotency key names, and for how long.
#include "ledger_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(ledger_fixture, "the same key is the same task until its time is over",
                 "[ledger]") {
  auto one = spec();
  one.key = "order-7";
  one.key_ttl = 1h;
  const auto id = accept(one);
  end(start(), verdict::succeeded);
  pass(59min);
  const auto again = submit(one);
  CHECK(again.id == id);
  CHECK(again.is_duplicate);
  pass(2min);
  CHECK(submit(one).id != id);
}

TEST_CASE_METHOD(ledger_fixture, "a key is free after its time, whatever became of its task",
                 "[ledger]") {
  auto one = spec();
  one.key = "order-7";
  one.key_ttl = 1h;
  const auto id = accept(one);
  SECTION("it is dead") {
    end(start(), verdict::failed, true);
  }
  SECTION("it is cancelled") {
    REQUIRE(tasks.cancel(id, now).ok());
  }
  SECTION("it waits") {}
  pass(61min);
  const auto again = submit(one);
  CHECK(again.id != id);
  CHECK_FALSE(again.is_duplicate);
}
