#include "worker_fixture.hpp"

#include "support/captured_log.hpp"

#include <catch2/catch.hpp>

namespace belfry {

namespace {

using verdict = wire::RunOutcome;

struct shortage_fixture : test::worker_fixture {
  test::captured_log log;

  /// The oldest running handler finds no descriptors.
  void end_short() { end(run_result::not_started("descriptors", "Too many open files")); }

  std::vector<std::uint64_t> returned() {
    std::vector<std::uint64_t> tokens;
    for (const auto& outcome : outcomes())
      if (outcome.verdict() == verdict::NOT_STARTED)
        tokens.push_back(outcome.token());
    return tokens;
  }
  std::uint32_t recalled() {
    std::uint32_t sum = 0;
    for (const auto& credit : sent<wire::Credit>(credit_atom{}))
      sum += credit.recall();
    return sum;
  }
};

using tokens = std::vector<std::uint64_t>;

} // namespace

TEST_CASE_METHOD(shortage_fixture,
                 "a run that finds no resources goes back, and so do waiting ones", "[worker]") {
  join();
  grant({task(1), task(2), task(3)});

  end_short();
  advance(duration{1});

  CHECK(returned() == tokens{1, 3});
  CHECK(handlers.started.size() == 2);
  CHECK(handlers.runs.size() == 1); // The other one goes on.
}

TEST_CASE_METHOD(shortage_fixture, "a worker short of resources asks for its credit back",
                 "[worker]") {
  join();
  REQUIRE(attaches()[0].credit() == 5);
  grant({task(1), task(2), task(3)});

  end_short();
  advance(duration{1});

  CHECK(recalled() == 2);
  CHECK(credits() == 0);
}

TEST_CASE_METHOD(shortage_fixture, "a worker short of resources takes no more than it can run",
                 "[worker]") {
  join();
  grant({task(1), task(2)});
  end_short();
  confirm(1);

  grant({task(4)});
  advance(duration{1});
  CHECK(handlers.started.size() == 2);
  CHECK(returned() == tokens{1, 4});

  end(); // The run that had its resources: another one may take its place.
  grant({task(5), task(6)});
  advance(duration{1});
  CHECK(handlers.started.size() == 3);
}

TEST_CASE_METHOD(shortage_fixture, "a worker says once that it is short of resources, and once not",
                 "[worker]") {
  join();
  grant({task(1), task(2)});
  end_short();
  end_short();
  CHECK(log.count("worker.short_of_resources") == 1);
  CHECK(log.count("resource=descriptors") == 1);
  CHECK(log.count("reason=\"Too many open files\"") == 1);

  advance(duration{1'000}); // One slot.
  grant({task(3)});
  end_short();
  CHECK(log.count("worker.short_of_resources") == 1);

  advance(duration{2'000}); // One slot.
  CHECK(log.count("worker.resources_sufficient") == 0);
  advance(duration{2'000}); // Two.
  CHECK(log.count("worker.resources_sufficient") == 1);
  CHECK(log.count("runs_returned=3") == 1);
}

TEST_CASE_METHOD(shortage_fixture, "a worker uses all its slots again when the shortage is over",
                 "[worker]") {
  join();
  grant({task(1), task(2)});
  end_short();
  end();
  const auto before = credits();

  advance(duration{1'100});

  CHECK(credits() + 5 - before - recalled() >= 2);
  grant({task(5), task(6)});
  CHECK(handlers.runs.size() == 2);
}

TEST_CASE_METHOD(shortage_fixture, "a run that did not start for another reason costs no slot",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});

  end(run_result::not_started({}, "its worker stops"));

  CHECK(handlers.runs.size() == 2);
  CHECK(log.count("worker.short_of_resources") == 0);
}

} // namespace belfry
