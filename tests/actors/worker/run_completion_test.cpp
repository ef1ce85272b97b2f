#include "worker/run_completion.hpp"

#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <thread>

namespace belfry {

namespace {

struct run_end_fixture : test::actor_fixture {
  test::probe worker{system};
  std::shared_ptr<ended_run_queue> ended = std::make_shared<ended_run_queue>(own(worker.actor()));

  run_end_fixture() { run(); }

  run_completion begin(std::uint64_t token) { return {1, {{42}, {token}}, ended}; }
  std::size_t tellings() {
    run();
    return worker.all<ended_run_queue::runs_ended_atom>().size();
  }
};

} // namespace

TEST_CASE_METHOD(run_end_fixture, "a worker is told once of all runs that end before it looks",
                 "[task]") {
  auto first = begin(1);
  auto second = begin(2);
  auto third = begin(3);
  first.complete(run_result::success("one"), false);
  second.complete(run_result::success("two"), false);
  CHECK(tellings() == 1);

  const auto all = ended->take();
  REQUIRE(all.size() == 2);
  CHECK(all[0].outcome.output() == "one");
  CHECK(all[1].outcome.output() == "two");
  CHECK(ended->take().empty());

  third.complete_not_started();
  CHECK(tellings() == 2);
}

TEST_CASE_METHOD(run_end_fixture, "a run ends once, as whoever is first says", "[task]") {
  auto one = begin(1);
  one.request_stop(stop_cause::timed_out);
  CHECK(one.control().is_cancelled());
  CHECK(one.complete_abandoned());
  CHECK(one.is_completed());

  one.complete(run_result::success("late"), true);
  CHECK_FALSE(one.complete_abandoned());
  one.complete_not_started();

  const auto all = ended->take();
  REQUIRE(all.size() == 1);
  CHECK(all[0].outcome.error() == "timeout");
  CHECK(tellings() == 1);
}

TEST_CASE_METHOD(run_end_fixture, "of two threads that end a run one is heard", "[task]") {
  constexpr int rounds = 500;
  for (int i = 0; i < rounds; ++i) {
    auto one = begin(1);
    std::thread runner{[&one] { one.complete(run_result::success(), false); }};
    one.complete_abandoned();
    runner.join();
  }
  CHECK(ended->take().size() == rounds);
}

} // namespace belfry
