// What users test their handlers with: see docs/examples/test_handlers.cpp as well.
#include "belfry/testing.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace belfry;
using namespace std::chrono_literals;
using testing::cluster;
using testing::crash_point;
using ending = testing::observed_run::ending;

namespace {

handler_registry counting(int& calls) {
  handler_registry all;
  all.on("count", [&calls](run&) { return run_result::success(std::to_string(++calls)); });
  return all;
}

task_spec count_task() {
  task_spec one;
  one.kind = "count";
  return one;
}

} // namespace

TEST_CASE("a handler's result arrives, and time passes only when the test lets it", "[testing]") {
  int calls = 0;
  cluster town{counting(calls)};
  const auto begin = town.now();
  auto later = count_task();
  later.delay = 24h;
  const auto task = town.submit(later);
  REQUIRE(task);
  CHECK(town.now() - begin < 1s);
  CHECK(calls == 0);

  town.advance(24h);
  town.advance(1s);

  CHECK(town.get(*task)->output == "1");
  REQUIRE(town.runs().size() == 1);
  CHECK(town.runs()[0].how == ending::succeeded);
  CHECK(town.runs()[0].started_at >= begin + 24h);
}

TEST_CASE("a worker dies where the test says", "[testing]") {
  int calls = 0;
  cluster town{counting(calls)};
  const auto where = GENERATE(crash_point::before_handler, crash_point::after_handler);
  town.crash_next("count", where);
  const auto task = town.submit(count_task());
  REQUIRE(task);

  CHECK(town.settle());

  CHECK(calls == (where == crash_point::before_handler ? 1 : 2));
  const auto runs = town.runs(*task);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].how == ending::crashed);
  CHECK(runs[1].how == ending::succeeded);
  CHECK(runs[1].token > runs[0].token);
}

TEST_CASE("a result that comes after the lease is refused", "[testing]") {
  int calls = 0;
  cluster town{counting(calls), {.workers = 2, .slots = 1}};
  town.set_run_duration("count", 5s);
  const auto task = town.submit(count_task());
  REQUIRE(task);
  town.advance(1s);
  REQUIRE(town.runs().size() == 1);
  const auto busy = town.runs()[0].worker == "worker0" ? 0U : 1U;
  town.cut_off_worker(busy, 60s);

  CHECK(town.settle());

  CHECK(calls == 2);
  CHECK(town.get(*task)->token == town.runs(*task)[1].token);
  CHECK(town.violations().empty());
}

TEST_CASE("a result can be held back", "[testing]") {
  int calls = 0;
  cluster town{counting(calls)};
  town.delay_result("count", 10min);
  const auto task = town.submit(count_task());
  REQUIRE(task);
  town.advance(9min);
  CHECK(calls == 1);
  CHECK(town.get(*task)->state == task_state::running);
  town.advance(2min);
  CHECK(town.get(*task)->state == task_state::succeeded);
}

TEST_CASE("a handler waits in virtual time, and hears of a cancel", "[testing]") {
  bool was_cancelled = false;
  handler_registry all;
  all.on("wait", [&](run& current) {
    was_cancelled = current.wait_for(1h);
    return run_result::failed("stopped", "asked to");
  });
  cluster town{std::move(all)};
  task_spec spec;
  spec.kind = "wait";
  const auto task = town.submit(spec);
  REQUIRE(task);
  town.advance(10min);
  CHECK_FALSE(was_cancelled);

  REQUIRE(town.cancel(*task));
  town.advance(5s);

  CHECK(was_cancelled);
  CHECK(town.get(*task)->state == task_state::cancelled);
}

TEST_CASE("a handler that waits ends with its worker, and its objects with it", "[testing]") {
  int alive = 0;
  struct guest {
    int& count;
    explicit guest(int& of) : count(of) { ++count; }
    ~guest() { --count; }
  };
  handler_registry all;
  all.on("wait", [&](run& current) {
    const guest here{alive};
    (void)current.wait_for(1h);
    return run_result::success();
  });
  cluster town{std::move(all), {.workers = 1}};
  task_spec spec;
  spec.kind = "wait";
  REQUIRE(town.submit(spec));
  town.advance(1min);
  CHECK(alive == 1);
  town.crash_worker(0, 1h);
  CHECK(alive == 0);
}

TEST_CASE("what a handler throws is a failure", "[testing]") {
  handler_registry all;
  all.on("throw", [](run& current) -> run_result {
    if (current.payload() == "number")
      throw 5;
    throw std::runtime_error{"no paper"};
  });
  cluster town{std::move(all)};
  task_spec spec;
  spec.kind = "throw";
  spec.payload = GENERATE("number", "words");
  spec.retry.attempts_max = 2;
  const auto task = town.submit(spec);
  REQUIRE(task);
  CHECK(town.settle());
  CHECK(town.get(*task)->state == task_state::dead);
  CHECK(town.get(*task)->last_error.starts_with("exception"));
  CHECK(town.runs().size() == 2);
}

TEST_CASE("a handler may submit, but not wait for the cluster that runs it", "[testing]") {
  cluster* town = nullptr;
  int children = 0;
  bool was_refused = false;
  handler_registry all;
  all.on("parent", [&](run&) {
    task_spec child;
    child.kind = "child";
    town->submit_later(child);
    try {
      town->advance(1s);
    } catch (const contract_violation&) {
      was_refused = true;
    }
    return run_result::success();
  });
  all.on("child", [&](run&) {
    ++children;
    return run_result::success();
  });
  cluster place{std::move(all)};
  town = &place;
  task_spec parent;
  parent.kind = "parent";
  REQUIRE(place.submit(parent));
  CHECK(place.settle());
  CHECK(children == 1);
  CHECK(was_refused);
}

TEST_CASE("a refusal says why, and an unknown task is not found", "[testing]") {
  int calls = 0;
  cluster town{counting(calls)};
  auto wrong = count_task();
  wrong.kind.clear();
  const auto refused = town.submit(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  const auto missing = town.get(task_id::of({0}, 99));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
}

TEST_CASE("a schedule runs through the night in which clocks change", "[testing]") {
  int calls = 0;
  // 2030-03-30 23:00 in Berlin; at two the clocks go to three.
  cluster town{counting(calls), {.begin = instant_of_ms(1'901'138'400'000)}};
  schedule_spec nightly;
  nightly.name = "nightly";
  nightly.when.line = "30 2 * * *";
  nightly.when.zone = "Europe/Berlin";
  nightly.task = count_task();
  REQUIRE(town.put_schedule(nightly));
  town.advance(6h);
  CHECK(calls == 1);
  nightly.when.line = "not a line";
  CHECK_FALSE(town.put_schedule(nightly));
}

TEST_CASE("the same seed gives the same run, whatever breaks", "[testing]") {
  const auto play = [](std::uint64_t seed) {
    int calls = 0;
    cluster town{counting(calls), {.seed = seed}};
    auto spec = count_task();
    spec.retry.crashes_max = spec.retry.attempts_max = 100;
    for (int i = 0; i < 20; ++i)
      town.submit_later(spec);
    town.crash_node();
    town.inject_faults(1min);
    town.freeze_node(5s);
    CHECK(town.settle());
    CHECK(town.violations().empty());
    CHECK_FALSE(town.recent_events().empty());
    return town.fingerprint();
  };
  const auto once = play(3);
  CHECK(once == play(3));
  CHECK(once != play(4));
}
