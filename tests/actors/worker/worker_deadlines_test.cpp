// Deadlines for the start of a run.
#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

namespace belfry {

using test::worker_fixture;
using verdict = wire::RunOutcome;

namespace {

struct deadlines_fixture : worker_fixture {
  static wire::Run limited(std::uint64_t token, duration start_within) {
    auto run = task(token);
    run.set_start_within_ms(start_within.count());
    return run;
  }
  void join_acked() {
    start();
    welcome();
    attached_acking_heartbeats();
  }
  [[nodiscard]] std::uint64_t last_number() { return attaches().back().number(); }
};

} // namespace

TEST_CASE_METHOD(deadlines_fixture, "a run that waited in a stopped process starts in time or not",
                 "[worker]") {
  join_acked();
  stall(duration{600}); // The grant was sent right after the Attach was heard.
  SECTION("not after its deadline") {
    grant_dated({limited(1, duration{500})}, last_number(), duration{0});
    CHECK(handlers.started.empty());
    REQUIRE(outcomes().size() == 1);
    CHECK(outcomes()[0].verdict() == verdict::NOT_STARTED);
  }
  SECTION("by its deadline") {
    grant_dated({limited(1, duration{600})}, last_number(), duration{0});
    CHECK(handlers.started.size() == 1);
  }
  SECTION("by its deadline, if it was granted later") {
    grant_dated({limited(1, duration{500})}, last_number(), duration{100});
    CHECK(handlers.started.size() == 1);
  }
}

TEST_CASE_METHOD(deadlines_fixture, "a run of a grant without a known date is returned",
                 "[worker]") {
  join_acked();
  grant_dated({limited(1, duration{60'000}), task(2)}, last_number() + 7, duration{0});
  CHECK(handlers.started.size() == 1); // The one without a deadline.
  REQUIRE(outcomes().size() == 1);
  CHECK(outcomes()[0].token() == 1);
}

TEST_CASE_METHOD(deadlines_fixture, "a worker gives its node a new date when a run comes too late",
                 "[worker]") {
  join_acked();
  stall(duration{600});
  const auto before = heartbeats().size();
  grant_dated({limited(1, duration{500}), limited(2, duration{500})}, last_number(), duration{0});
  REQUIRE(heartbeats().size() == before + 1);
  grant_dated({limited(3, duration{500})}, heartbeats().back().number(), duration{0});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(deadlines_fixture, "the deadline binds until the handler is called", "[worker]") {
  join_acked();
  handlers.clock = [] {
    return run_control::monotonic_time::max();
  }; // Its thread was busy for long.
  grant({limited(1, duration{500}), task(2)});
  CHECK(handlers.started.size() == 1);
  REQUIRE(outcomes().size() == 1);
  CHECK(outcomes()[0].token() == 1);
  CHECK(outcomes()[0].verdict() == verdict::NOT_STARTED);
}

TEST_CASE_METHOD(deadlines_fixture,
                 "a worker tells which runs have begun, with a deadline or without", "[worker]") {
  join_acked();
  grant({limited(1, duration{60'000}), task(2), limited(3, duration{60'000})});
  advance(lease / 4);
  REQUIRE(heartbeats().size() == 1);
  REQUIRE(heartbeats()[0].begun_size() == 2);
  CHECK(heartbeats()[0].begun(0).token() == 1);
  CHECK(heartbeats()[0].begun(1).token() == 2);

  welcome(2); // The node asks for a new Attach.
  const auto attach = attaches().back();
  REQUIRE(attach.running_size() == 3);
  for (const auto& run : attach.running())
    CHECK(run.has_began_ms() == (run.token() != 3));
}

TEST_CASE_METHOD(deadlines_fixture, "a user's actor is not started after its deadline",
                 "[worker]") {
  int started = 0;
  options.actor_kinds["wash"] = [&started](caf::event_based_actor*) -> caf::behavior {
    ++started;
    return {[](run_atom, const task_input&) { return std::string{"done"}; }};
  };
  join_acked();
  grant({limited(1, duration{-1})});
  CHECK(started == 0);
  grant({limited(2, duration{0})});
  CHECK(started == 1);
}

} // namespace belfry
