// The library for tests of handlers: see docs/examples/test_handlers.cpp as well.
#include "belfry/testing.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

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
  task_spec task;
  task.kind = "count";
  return task;
}

} // namespace

TEST_CASE("a handler's result arrives, and only the test advances time", "[testing]") {
  int calls = 0;
  cluster simulated{counting(calls)};
  const auto start = simulated.now();
  auto later = count_task();
  later.delay = 24h;
  const auto task = simulated.submit(later);
  REQUIRE(task);
  CHECK(simulated.now() - start < 1s);
  CHECK(calls == 0);

  simulated.advance(24h);
  simulated.advance(1s);

  CHECK(simulated.get(*task)->output == "1");
  REQUIRE(simulated.runs().size() == 1);
  CHECK(simulated.runs()[0].outcome == ending::succeeded);
  CHECK(simulated.runs()[0].started_at >= start + 24h);
}

TEST_CASE("a worker crashes at the point that the test chose", "[testing]") {
  int calls = 0;
  cluster simulated{counting(calls)};
  const auto point = GENERATE(crash_point::before_handler, crash_point::after_handler);
  simulated.crash_next("count", point);
  const auto task = simulated.submit(count_task());
  REQUIRE(task);

  CHECK(simulated.settle());

  CHECK(calls == (point == crash_point::before_handler ? 1 : 2));
  const auto runs = simulated.runs(*task);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].outcome == ending::crashed);
  CHECK(runs[1].outcome == ending::succeeded);
  CHECK(runs[1].token > runs[0].token);
}

TEST_CASE("a result that arrives after the lease is refused", "[testing]") {
  int calls = 0;
  cluster simulated{counting(calls), {.workers = 2, .slots = 1}};
  simulated.set_run_duration("count", 5s);
  const auto task = simulated.submit(count_task());
  REQUIRE(task);
  simulated.advance(1s);
  REQUIRE(simulated.runs().size() == 1);
  const auto busy = simulated.runs()[0].worker == "worker0" ? 0U : 1U;
  simulated.cut_off_worker(busy, 60s);

  CHECK(simulated.settle());

  CHECK(calls == 2);
  CHECK(simulated.get(*task)->token == simulated.runs(*task)[1].token);
  CHECK(simulated.violations().empty());
}

TEST_CASE("a result can be delayed", "[testing]") {
  int calls = 0;
  cluster simulated{counting(calls)};
  simulated.delay_result("count", 10min);
  const auto task = simulated.submit(count_task());
  REQUIRE(task);
  simulated.advance(9min);
  CHECK(calls == 1);
  CHECK(simulated.get(*task)->state == task_state::running);
  simulated.advance(2min);
  CHECK(simulated.get(*task)->state == task_state::succeeded);
}

TEST_CASE("a handler waits in virtual time, and observes a cancel", "[testing]") {
  bool was_cancelled = false;
  handler_registry all;
  all.on("wait", [&](run& current) {
    was_cancelled = current.wait_for(1h);
    return run_result::failed("stopped", "asked to");
  });
  cluster simulated{std::move(all)};
  task_spec spec;
  spec.kind = "wait";
  const auto task = simulated.submit(spec);
  REQUIRE(task);
  simulated.advance(10min);
  CHECK_FALSE(was_cancelled);

  REQUIRE(simulated.cancel(*task));
  simulated.advance(5s);

  CHECK(was_cancelled);
  CHECK(simulated.get(*task)->state == task_state::cancelled);
}

TEST_CASE("a handler that waits ends with its worker, and its objects with it", "[testing]") {
  int alive = 0;
  struct counted {
    int& count;
    explicit counted(int& live) : count(live) { ++count; }
    ~counted() { --count; }
  };
  handler_registry all;
  all.on("wait", [&](run& current) {
    const counted object{alive};
    (void)current.wait_for(1h);
    return run_result::success();
  });
  cluster simulated{std::move(all), {.workers = 1}};
  task_spec spec;
  spec.kind = "wait";
  REQUIRE(simulated.submit(spec));
  simulated.advance(1min);
  CHECK(alive == 1);
  simulated.crash_worker(0, 1h);
  CHECK(alive == 0);
}

namespace {

/// Copies a page a second, up to 100, and saves its page when its worker stops. `first_pages`:
/// where each run has begun.
handler_registry copying(std::vector<int>& first_pages) {
  handler_registry all;
  all.on("copy", [&first_pages](run& current) {
    const auto& saved = current.previous_progress();
    auto page = saved.empty() ? 1 : std::stoi(saved);
    first_pages.push_back(page);
    for (; page <= 100; ++page) {
      if (!current.wait_for_stop(1s))
        continue;
      const auto kept = current.save_progress(std::to_string(page));
      return kept ? run_result::interrupted() : run_result::failed("save", kept.error().what);
    }
    return run_result::success("copied");
  });
  return all;
}

task_spec copy_task() {
  task_spec task;
  task.kind = "copy";
  task.retry.attempts_max = 1;
  return task;
}

} // namespace

TEST_CASE("a handler saves its progress when its worker stops, and goes on from it", "[testing]") {
  std::vector<int> first_pages;
  cluster simulated{copying(first_pages), {.workers = 1}};
  const auto task = simulated.submit(copy_task());
  REQUIRE(task);
  simulated.advance(20s);
  simulated.stop_worker(0, 10s);
  simulated.advance(500ms);
  REQUIRE(simulated.runs().size() == 1);
  CHECK(simulated.runs()[0].outcome == ending::interrupted); // Long before the grace is over.
  SECTION("in a quiet world") {}
  SECTION("after the node has crashed") {
    simulated.crash_node();
  }

  CHECK(simulated.settle());

  const auto info = simulated.get(*task);
  CHECK(info->state == task_state::succeeded);
  CHECK(info->attempt == 1);
  REQUIRE(first_pages.size() == 2);
  CHECK(first_pages[1] >= 19);
  CHECK(first_pages[1] <= 21);
  CHECK(simulated.violations().empty());
}

TEST_CASE("what was saved stays when a later attempt dies with its worker", "[testing]") {
  std::vector<int> first_pages;
  cluster simulated{copying(first_pages), {.workers = 1}};
  auto spec = copy_task();
  spec.retry.attempts_max = spec.retry.crashes_max = 5;
  const auto task = simulated.submit(spec);
  REQUIRE(task);
  simulated.advance(20s);
  simulated.stop_worker(0);
  simulated.advance(10s);
  REQUIRE(first_pages.size() == 2);
  simulated.crash_worker(0);

  CHECK(simulated.settle());

  REQUIRE(first_pages.size() == 3);
  CHECK(first_pages[1] > 1);
  CHECK(first_pages[2] == first_pages[1]);
}

TEST_CASE("a handler that ignores the stop of its worker is cancelled after the grace",
          "[testing]") {
  bool was_cancelled = false;
  handler_registry all;
  all.on("wait", [&](run& current) {
    was_cancelled = current.wait_for(1h);
    return run_result::failed("stopped", "asked to");
  });
  cluster simulated{std::move(all), {.workers = 1}};
  task_spec spec;
  spec.kind = "wait";
  REQUIRE(simulated.submit(spec));
  simulated.advance(1s);
  simulated.stop_worker(0, 10s, 1h);
  simulated.advance(9s);
  CHECK_FALSE(was_cancelled);
  simulated.advance(2s);
  CHECK(was_cancelled);
}

TEST_CASE("an exception of a handler is a failure", "[testing]") {
  handler_registry all;
  all.on("throw", [](run& current) -> run_result {
    if (current.payload() == "number")
      throw 5;
    throw std::runtime_error{"no paper"};
  });
  cluster simulated{std::move(all)};
  task_spec spec;
  spec.kind = "throw";
  spec.payload = GENERATE("number", "words");
  spec.retry.attempts_max = 2;
  const auto task = simulated.submit(spec);
  REQUIRE(task);
  CHECK(simulated.settle());
  CHECK(simulated.get(*task)->state == task_state::dead);
  CHECK(simulated.get(*task)->last_error.starts_with("exception"));
  CHECK(simulated.runs().size() == 2);
}

TEST_CASE("a handler may submit, but not wait for the cluster that runs it", "[testing]") {
  cluster* simulated = nullptr;
  int children = 0;
  bool was_refused = false;
  handler_registry all;
  all.on("parent", [&](run&) {
    task_spec child;
    child.kind = "child";
    simulated->submit_later(child);
    try {
      simulated->advance(1s);
    } catch (const contract_violation&) {
      was_refused = true;
    }
    return run_result::success();
  });
  all.on("child", [&](run&) {
    ++children;
    return run_result::success();
  });
  cluster owner{std::move(all)};
  simulated = &owner;
  task_spec parent;
  parent.kind = "parent";
  REQUIRE(owner.submit(parent));
  CHECK(owner.settle());
  CHECK(children == 1);
  CHECK(was_refused);
}

TEST_CASE("a refusal states its reason, and an unknown task is not found", "[testing]") {
  int calls = 0;
  cluster simulated{counting(calls)};
  auto wrong = count_task();
  wrong.kind.clear();
  const auto refused = simulated.submit(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  const auto missing = simulated.get(task_id::of({0}, 0xffff'ffff'ffff));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
}

TEST_CASE("a schedule runs through the night in which daylight saving time begins", "[testing]") {
  int calls = 0;
  // 2030-03-30 23:00 in Berlin; at two the clocks go to three.
  cluster simulated{counting(calls), {.begin = instant_of_ms(1'901'138'400'000)}};
  schedule_spec nightly;
  nightly.name = "nightly";
  nightly.when.line = "30 2 * * *";
  nightly.when.zone = "Europe/Berlin";
  nightly.task = count_task();
  REQUIRE(simulated.put_schedule(nightly));
  simulated.advance(6h);
  CHECK(calls == 1);
  nightly.when.line = "not a line";
  CHECK_FALSE(simulated.put_schedule(nightly));
}

TEST_CASE("the same seed gives the same run under faults", "[testing]") {
  const auto run_seed = [](std::uint64_t seed) {
    int calls = 0;
    cluster simulated{counting(calls), {.seed = seed}};
    auto spec = count_task();
    spec.retry.crashes_max = spec.retry.attempts_max = 100;
    for (int i = 0; i < 20; ++i)
      simulated.submit_later(spec);
    simulated.crash_node();
    simulated.inject_faults(1min);
    simulated.freeze_node(5s);
    CHECK(simulated.settle());
    CHECK(simulated.violations().empty());
    CHECK_FALSE(simulated.recent_events().empty());
    return simulated.fingerprint();
  };
  const auto first = run_seed(3);
  CHECK(first == run_seed(3));
  CHECK(first != run_seed(4));
}
