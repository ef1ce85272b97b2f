// How a worker says which handlers have begun, and when.
#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace belfry {

using namespace std::chrono_literals;
using test::worker_fixture;
using verdict = wire::RunOutcome;

TEST_CASE_METHOD(worker_fixture, "an outcome says when its handler began and how long it ran",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  advance(1s);
  end();
  advance(400ms);
  end();
  end();
  advance(10ms);

  REQUIRE(reports().size() == 1);
  CHECK(reports()[0].clock_ms() - reports()[0].outcomes(0).began_ms() == 1'000);
  CHECK(reports()[0].outcomes(0).ran_ms() == 1'000);
  confirm(1);
  REQUIRE(outcomes().size() == 3);
  CHECK(outcomes()[1].ran_ms() == 1'400);
  // It waited for the slot of the first.
  CHECK(outcomes()[2].began_ms() == outcomes()[0].began_ms() + 1'000);
  CHECK(outcomes()[2].ran_ms() == 400);
}

TEST_CASE_METHOD(worker_fixture, "a run that never began has no times", "[worker]") {
  join();
  grant({task(1), task(2), task(3), task(4, "iron")});
  advance(10ms);
  confirm(1);
  revoke(3);
  advance(10ms);

  REQUIRE(outcomes().size() == 2);
  CHECK(outcomes()[0].verdict() == verdict::UNKNOWN_KIND);
  CHECK(outcomes()[1].verdict() == verdict::CANCELLED);
  for (const auto& outcome : outcomes())
    CHECK_FALSE(outcome.has_began_ms());
}

TEST_CASE_METHOD(worker_fixture, "a heartbeat names each run that has begun, once", "[worker]") {
  join();
  grant({task(1), task(2), task(3)});

  advance(lease / 4);

  REQUIRE(heartbeats().size() == 1);
  const auto first = heartbeats()[0];
  CHECK(first.running() == 2);
  CHECK(first.reserved() == 1);
  REQUIRE(first.begun_size() == 2);
  CHECK(first.begun(0).token() == 1);
  CHECK(first.begun(1).token() == 2);
  CHECK(first.clock_ms() - first.begun(0).began_ms() == (lease / 4).count());

  end();
  confirm(1);
  advance(lease / 4);

  REQUIRE(heartbeats().size() == 2);
  CHECK(heartbeats()[1].reserved() == 0);
  REQUIRE(heartbeats()[1].begun_size() == 1);
  CHECK(heartbeats()[1].begun(0).token() == 3);
}

TEST_CASE_METHOD(worker_fixture, "a report names the runs of more than 50 ms that go on",
                 "[worker]") {
  join();
  grant({task(1), task(2)});
  SECTION("a run of 60 ms") {
    advance(60ms);
    end();
    REQUIRE(reports().size() == 1);
    REQUIRE(reports()[0].begun_size() == 1);
    CHECK(reports()[0].begun(0).token() == 2);
    CHECK(reports()[0].clock_ms() - reports()[0].begun(0).began_ms() == 60);
    advance(lease / 4);
    CHECK(heartbeats().at(0).begun_size() == 0);
  }
  SECTION("not one of 20 ms, which may end at once") {
    advance(20ms);
    end();
    REQUIRE(reports().size() == 1);
    CHECK(reports()[0].begun_size() == 0);
    advance(lease / 4);
    CHECK(heartbeats().at(0).begun_size() == 1);
  }
}

TEST_CASE_METHOD(worker_fixture, "a report that is sent again says how long ago its handlers began",
                 "[worker]") {
  join();
  grant({task(1)});
  advance(1s);
  end();
  REQUIRE(reports().size() == 1);
  advance(1'500ms); // The node has restarted, and never had the report.

  welcome(7);
  attached();

  REQUIRE(reports().size() == 2);
  const auto again = reports()[1];
  CHECK(again.sequence() == reports()[0].sequence());
  CHECK(again.clock_ms() - again.outcomes(0).began_ms() == 2'500);
  CHECK(again.outcomes(0).ran_ms() == 1'000);
}

TEST_CASE_METHOD(worker_fixture, "an Attach says which of its runs have begun", "[worker]") {
  join();
  CHECK(attaches().at(0).has_clock_ms());
  grant({task(1), task(2), task(3)});
  advance(1s);

  welcome(7);

  const auto attach = attaches().back();
  REQUIRE(attach.running_size() == 3);
  const auto begun = std::count_if(attach.running().begin(), attach.running().end(),
                                   [](const wire::RunRef& run) { return run.has_began_ms(); });
  CHECK(begun == 2);
  CHECK(attach.clock_ms() - attach.running(0).began_ms() == 1'000);
}

} // namespace belfry
