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

struct running {
  std::shared_ptr<run_control> control = std::make_shared<run_control>();
  std::promise<run_result> result;

  run_result wait() {
    auto how = result.get_future();
    REQUIRE(how.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
    return how.get();
  }
};

std::shared_ptr<running> start(executor& pool, const std::string& kind) {
  auto one = std::make_shared<running>();
  pool.execute({.task = {1}, .token = {2}, .attempt = 1, .kind = kind, .payload = "in"},
               one->control, [one](run_result how) { one->result.set_value(std::move(how)); });
  return one;
}

handler echo() {
  return [](run& current) { return run_result::success(current.payload()); };
}

/// Returns when it is cancelled.
handler patient() {
  return [](run& current) {
    while (!current.wait_for(duration{60'000})) {
    }
    return run_result::failed("cancelled", "");
  };
}

} // namespace

TEST_CASE("a pool runs handlers and tells how they ended", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 2};
  CHECK(start(pool, "echo")->wait().output == "in");
}

TEST_CASE("runs that gather begin once the last has come", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 1};
  CHECK(start(pool, "echo")->wait().output == "in");
  (void)run_control{}.wait_for(duration{50}); // The thread sleeps by then.
  auto gathered = pool.hold_batch();
  const auto first = start(pool, "echo");
  const auto second = start(pool, "echo");
  gathered.reset();
  CHECK(first->wait().output == "in");
  CHECK(second->wait().output == "in");
}

TEST_CASE("many runs do not wait for all that gather", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 2};
  const auto gathered = pool.hold_batch();
  const auto first = start(pool, "echo");
  for (int i = 0; i < 100; ++i)
    start(pool, "echo");
  CHECK(first->wait().output == "in");
}

TEST_CASE("who gathers may outlive the pool", "[runner_pool]") {
  std::shared_ptr<void> gathered;
  {
    runner_pool pool{handler_registry{}.on("echo", echo()), 1};
    gathered = pool.hold_batch();
  }
  gathered.reset();
}

TEST_CASE("a kind without handler is told as unknown", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()), 1};
  CHECK(start(pool, "bake")->wait().error == "unknown_kind");
}

TEST_CASE("a throw is a failure and costs nothing else", "[runner_pool]") {
  handler_registry all;
  all.on("throw", [](run&) -> run_result { throw std::runtime_error{"too hot"}; });
  all.on("odd", [](run&) -> run_result { throw 17; });
  all.on("echo", echo());
  runner_pool pool{all, 1};

  const auto how = start(pool, "throw")->wait();

  CHECK(how.error == "exception");
  CHECK(how.message == "too hot");
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

TEST_CASE("blocked handlers leave the other threads to others", "[runner_pool]") {
  const auto many = std::thread::hardware_concurrency() + 2;
  runner_pool pool{handler_registry{}.on("echo", echo()).on("patient", patient()), many + 1};
  // Again and again: a thread of the first rounds may not have slept yet and need no waking.
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<running>> blocked;
    for (unsigned n = 0; n < many; ++n)
      blocked.push_back(start(pool, "patient"));

    CHECK(start(pool, "echo")->wait().output == "in");

    for (const auto& one : blocked)
      one->control->cancel();
    for (const auto& one : blocked)
      CHECK(one->wait().error == "cancelled");
  }
}

TEST_CASE("a run that has ended is told though the next one takes long", "[runner_pool]") {
  std::promise<void> begin;
  handler_registry all;
  all.on("gate", [go = begin.get_future().share()](run&) {
    go.wait();
    return run_result::success();
  });
  all.on("echo", echo());
  all.on("patient", patient());
  runner_pool pool{all, 1};
  const auto gate = start(pool, "gate");
  const auto quick = start(pool, "echo");
  const auto slow = start(pool, "patient");

  begin.set_value();

  CHECK(quick->wait().output == "in");
  slow->control->cancel();
  CHECK(slow->wait().error == "cancelled");
}

TEST_CASE("an abandoned run's thread is replaced until its handler returns", "[runner_pool]") {
  std::promise<void> is_in;
  std::promise<void> leave;
  handler_registry all;
  all.on("hang", [&, out = leave.get_future().share()](run&) {
    is_in.set_value();
    out.wait();
    return run_result::success("at last");
  });
  all.on("echo", echo());
  runner_pool pool{all, 1};
  const auto hung = start(pool, "hang");
  is_in.get_future().wait();

  CHECK(pool.abandon(hung->control) == 1);
  CHECK(pool.abandon(hung->control) == 1);
  CHECK(start(pool, "echo")->wait().output == "in");

  leave.set_value();
  CHECK(hung->wait().output == "at last");
  CHECK(start(pool, "echo")->wait().output == "in");
}

TEST_CASE("a run abandoned before it started never starts", "[runner_pool]") {
  runner_pool pool{handler_registry{}.on("echo", echo()).on("patient", patient()), 1};
  const auto blocker = start(pool, "patient");
  const auto queued = start(pool, "echo");

  pool.abandon(queued->control);

  CHECK(queued->wait().error == "abandoned");
  blocker->control->cancel();
  CHECK(blocker->wait().error == "cancelled");
}

TEST_CASE("a pool that ends cancels what runs and answers what waits", "[runner_pool]") {
  std::shared_ptr<running> first;
  std::shared_ptr<running> second;
  {
    std::promise<void> is_in;
    handler_registry all;
    all.on("patient", [&](run& current) {
      is_in.set_value();
      return patient()(current);
    });
    all.on("echo", echo());
    runner_pool pool{all, 1};
    first = start(pool, "patient");
    is_in.get_future().wait();
    second = start(pool, "echo");
  }
  CHECK(first->wait().error == "cancelled");
  CHECK(second->wait().error == "abandoned");
}

TEST_CASE("every one of many runs is told of once", "[runner_pool]") {
  constexpr int count = 50'000;
  std::atomic<int> left = count;
  std::promise<void> all_told;
  runner_pool pool{handler_registry{}.on("echo", echo()), 8};
  const auto control = std::make_shared<run_control>();
  for (int n = 0; n < count; ++n) {
    pool.execute({.kind = "echo"}, control, [&](const run_result&) {
      if (--left == 0)
        all_told.set_value();
    });
  }
  all_told.get_future().wait();
  CHECK(left == 0);
}

} // namespace belfry
