#include "os/handlers/runner_pool.hpp"

#include <catch2/catch.hpp>

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace belfry {

namespace {

struct started_run {
  std::shared_ptr<run_control> control = std::make_shared<run_control>();
  std::promise<run_result> result;

  run_result wait() {
    auto completion = result.get_future();
    REQUIRE(completion.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
    return completion.get();
  }
};

using monotonic_time = run_control::monotonic_time;

monotonic_time now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::shared_ptr<started_run> start(executor& pool, const std::string& kind,
                                   monotonic_time start_limit = monotonic_time::max()) {
  auto started = std::make_shared<started_run>();
  started->control->set_start_limit(start_limit);
  pool.execute({.task = {1}, .token = {2}, .attempt = 1, .kind = kind, .payload = "in"},
               started->control,
               [started](run_result result) { started->result.set_value(std::move(result)); });
  return started;
}

handler echo() {
  return [](run& current) { return run_result::success(current.payload()); };
}

/// Returns when it is cancelled.
handler until_cancelled() {
  return [](run& current) {
    while (!current.wait_for(duration{60'000})) {
    }
    return run_result::failed("cancelled", "");
  };
}

} // namespace

TEST_CASE("a pool runs handlers and delivers their results", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 2};
  CHECK(start(pool, "echo")->wait().output == "in");
}

TEST_CASE("a handler is not called after its start limit", "[runner_pool]") {
  std::atomic<int> calls = 0;
  const auto count = [&calls](run&) {
    ++calls;
    return run_result::success();
  };
  runner_pool pool{handler_registry{}.on("count", count), 1};
  const auto late = start(pool, "count", now() - duration{1});
  const auto outcome = late->wait();
  CHECK(outcome.end == run_result::verdict::not_started);
  CHECK(outcome.error.empty()); // The worker lacks nothing.
  CHECK(outcome.message == "it is too late to start");
  CHECK_FALSE(late->control->began_at().has_value());
  CHECK(calls == 0);
  const auto early = start(pool, "count", now() + duration{60'000});
  CHECK(early->wait().end == run_result::verdict::succeeded);
  CHECK(early->control->began_at().has_value());
  CHECK(calls == 1);
}

TEST_CASE("the runs of a batch start when the batch is released", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 1};
  CHECK(start(pool, "echo")->wait().output == "in");
  (void)run_control{}.wait_for(duration{50}); // The thread sleeps by then.
  auto batch = pool.hold_batch();
  const auto first = start(pool, "echo");
  const auto second = start(pool, "echo");
  batch.reset();
  CHECK(first->wait().output == "in");
  CHECK(second->wait().output == "in");
}

TEST_CASE("a large batch starts before it is released", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 2};
  const auto batch = pool.hold_batch();
  const auto first = start(pool, "echo");
  for (int i = 0; i < 100; ++i)
    start(pool, "echo");
  CHECK(first->wait().output == "in");
}

TEST_CASE("a held batch may outlive the pool", "[runner_pool]") {
  std::shared_ptr<void> batch;
  {
    runner_pool pool{handler_registry{}.on("echo", echo()), 1};
    batch = pool.hold_batch();
  }
  batch.reset();
}

TEST_CASE("a kind without a handler fails as unknown", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 1};
  CHECK(start(pool, "bake")->wait().error == "unknown_kind");
}

TEST_CASE("an exception is a failure of its run only", "[runner_pool]") {
  handler_registry all;
  all.on("throw", [](run&) -> run_result { throw std::runtime_error{"too hot"}; });
  all.on("odd", [](run&) -> run_result { throw 17; });
  all.on("echo", echo());
  runner_pool pool{all, 1};

  const auto result = start(pool, "throw")->wait();

  CHECK(result.error == "exception");
  CHECK(result.message == "too hot");
  CHECK(start(pool, "odd")->wait().error == "exception");
  CHECK(start(pool, "echo")->wait().output == "in");
}

TEST_CASE("a handler that ends its thread fails and the thread is replaced", "[runner_pool]") {
  handler_registry all;
  all.on("exit", [](run&) -> run_result { pthread_exit(nullptr); });
  all.on("echo", echo());
  runner_pool pool{all, 1};

  CHECK(start(pool, "exit")->wait().error == "thread_exit");
  CHECK(start(pool, "echo")->wait().output == "in");
}

TEST_CASE("blocked handlers do not delay others", "[runner_pool]") {
  const auto many = std::thread::hardware_concurrency() + 2;
  runner_pool pool{handler_registry{}.on("echo", echo()).on("until_cancelled", until_cancelled()),
                   many + 1};
  // Several rounds: in the first ones a thread may still be awake and need no wake-up.
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<started_run>> blocked;
    for (unsigned n = 0; n < many; ++n)
      blocked.push_back(start(pool, "until_cancelled"));

    CHECK(start(pool, "echo")->wait().output == "in");

    for (const auto& run : blocked)
      run->control->cancel();
    for (const auto& run : blocked)
      CHECK(run->wait().error == "cancelled");
  }
}

TEST_CASE("a completion does not wait for the next run of its thread", "[runner_pool]") {
  std::promise<void> begin;
  handler_registry all;
  all.on("gate", [go = begin.get_future().share()](run&) {
    go.wait();
    return run_result::success();
  });
  all.on("echo", echo());
  all.on("until_cancelled", until_cancelled());
  runner_pool pool{all, 1};
  const auto gate = start(pool, "gate");
  const auto quick = start(pool, "echo");
  const auto slow = start(pool, "until_cancelled");

  begin.set_value();

  CHECK(quick->wait().output == "in");
  slow->control->cancel();
  CHECK(slow->wait().error == "cancelled");
}

TEST_CASE("an abandoned run's thread is replaced until its handler returns", "[runner_pool]") {
  std::promise<void> has_started;
  std::promise<void> leave;
  handler_registry all;
  all.on("hang", [&, out = leave.get_future().share()](run&) {
    has_started.set_value();
    out.wait();
    return run_result::success("at last");
  });
  all.on("echo", echo());
  runner_pool pool{all, 1};
  const auto hung = start(pool, "hang");
  has_started.get_future().wait();

  CHECK(pool.abandon(hung->control) == 1);
  CHECK(pool.abandon(hung->control) == 1);
  CHECK(start(pool, "echo")->wait().output == "in");

  leave.set_value();
  CHECK(hung->wait().output == "at last");
  CHECK(start(pool, "echo")->wait().output == "in");
}

TEST_CASE("a run abandoned before it started never starts", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()).on("until_cancelled", until_cancelled()),
                   1};
  const auto blocker = start(pool, "until_cancelled");
  const auto queued = start(pool, "echo");

  pool.abandon(queued->control);

  CHECK(queued->wait().end == run_result::verdict::not_started);
  blocker->control->cancel();
  CHECK(blocker->wait().error == "cancelled");
}

TEST_CASE("a pool that ends cancels its runs and completes the queued ones", "[runner_pool]") {
  std::shared_ptr<started_run> first;
  std::shared_ptr<started_run> second;
  {
    std::promise<void> has_started;
    handler_registry all;
    all.on("until_cancelled", [&](run& current) {
      has_started.set_value();
      return until_cancelled()(current);
    });
    all.on("echo", echo());
    runner_pool pool{all, 1};
    first = start(pool, "until_cancelled");
    has_started.get_future().wait();
    second = start(pool, "echo");
  }
  CHECK(first->wait().error == "cancelled");
  CHECK(second->wait().end == run_result::verdict::not_started);
}

TEST_CASE("every run is completed exactly once", "[runner_pool]") {
  constexpr int count = 50'000;
  std::atomic<int> left = count;
  std::promise<void> all_completed;
  runner_pool pool{handler_registry{}.on("echo", echo()), 8};
  const auto control = std::make_shared<run_control>();
  for (int n = 0; n < count; ++n) {
    pool.execute({.kind = "echo"}, control, [&](const run_result&) {
      if (--left == 0)
        all_completed.set_value();
    });
  }
  all_completed.get_future().wait();
  CHECK(left == 0);
}

} // namespace belfry
