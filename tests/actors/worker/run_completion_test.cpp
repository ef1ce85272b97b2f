#include "worker/run_completion.hpp"

#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <thread>

namespace belfry {

namespace {

struct completion_fixture : test::actor_fixture {
  test::probe worker{system};
  std::shared_ptr<ended_run_queue> ended = std::make_shared<ended_run_queue>(adopt(worker.actor()));

  completion_fixture() { run(); }

  run_completion run_of(std::uint64_t token) { return {1, {{42}, {token}}, ended}; }
  std::vector<ended_run> take() {
    std::vector<ended_run> taken;
    ended->take(taken);
    return taken;
  }
  std::size_t notifications() {
    run();
    return worker.all<ended_run_queue::runs_ended_atom>().size();
  }
};

} // namespace

TEST_CASE_METHOD(completion_fixture,
                 "a worker is notified once of all runs that end before it takes them", "[task]") {
  auto first = run_of(1);
  auto second = run_of(2);
  auto third = run_of(3);
  first.complete(run_result::success("one"), false);
  second.complete(run_result::success("two"), false);
  CHECK(notifications() == 1);

  const auto all = take();
  REQUIRE(all.size() == 2);
  CHECK(all[0].outcome.output() == "one");
  CHECK(all[1].outcome.output() == "two");
  CHECK(take().empty());

  third.complete_not_started();
  CHECK(notifications() == 2);
}

TEST_CASE_METHOD(completion_fixture, "a run completes once, with the first outcome", "[task]") {
  auto completion = run_of(1);
  completion.request_stop(stop_cause::timed_out);
  CHECK(completion.control().is_cancelled());
  CHECK(completion.complete_abandoned());
  CHECK(completion.is_completed());

  completion.complete(run_result::success("late"), true);
  CHECK_FALSE(completion.complete_abandoned());
  completion.complete_not_started();

  const auto all = take();
  REQUIRE(all.size() == 1);
  CHECK(all[0].outcome.error() == "timeout");
  CHECK(notifications() == 1);
}

TEST_CASE_METHOD(completion_fixture, "of two threads that complete a run one succeeds", "[task]") {
  constexpr int rounds = 500;
  for (int round = 0; round < rounds; ++round) {
    auto completion = run_of(1);
    std::thread runner{[&completion] { completion.complete(run_result::success(), false); }};
    completion.complete_abandoned();
    runner.join();
  }
  CHECK(take().size() == rounds);
}

} // namespace belfry
