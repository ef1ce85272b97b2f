// Which runs a worker may start under its lease.
#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

namespace belfry {

using test::worker_fixture;

TEST_CASE_METHOD(worker_fixture,
                 "a worker that stalled starts no run that may have been given to another worker",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  stall(lease + duration{100});

  grant({task(4)});

  CHECK(attaches().size() == 2);
  CHECK(attaches().back().running_size() == 3); // The returned ones are not acknowledged yet.
  const auto returned = outcomes();
  REQUIRE(returned.size() == 2);
  CHECK(returned[0].token() == 3);
  CHECK(returned[0].verdict() == wire::RunOutcome::NOT_STARTED);
  CHECK(returned[1].token() == 4);
  end();
  CHECK(handlers.started.size() == 2);

  attached();
  grant({task(5)});
  CHECK(handlers.started.size() == 3);
}

TEST_CASE_METHOD(worker_fixture, "a worker that stalled while it attached starts nothing",
                 "[worker]") {
  start();
  welcome();
  stall(lease + duration{100});

  attached(); // It waited in the mailbox, and so did the grant.
  grant({task(1)});
  CHECK(handlers.started.empty());
  CHECK(outcomes().at(0).verdict() == wire::RunOutcome::NOT_STARTED);

  attached();
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "an Attached renews the lease from when its own Attach was sent",
                 "[worker]") {
  start();
  welcome();
  attached(attaches().back().number());
  welcome(); // The worker attaches again, and is stopped.
  const auto before = attaches().back().number();
  stall(lease + duration{100});

  welcome(); // It waited in the mailbox, and so did the answer and the grant.
  attached(before);
  grant({task(1)});

  CHECK(handlers.started.empty());
  attached(attaches().back().number());
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
  attached(before); // A duplicate.
  grant({task(3)});
  CHECK(handlers.started.size() == 2);
}

TEST_CASE_METHOD(worker_fixture, "an answer from before a stall gives a worker no new lease",
                 "[worker]") {
  join();
  welcome(); // The worker attaches again, and is stopped.
  const auto before = attaches().back().number();
  stall(lease + duration{100});

  advance(
      duration{1}); // Its timer comes first: it detects the expiry, attaches and sends a heartbeat.
  REQUIRE(attaches().back().number() > before);
  attached(before);
  grant({task(1)});
  CHECK(handlers.started.empty());

  attached(attaches().back().number());
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "heartbeats without an acknowledgement renew no lease",
                 "[worker]") {
  start();
  welcome();
  attached_acking_heartbeats();
  advance(lease + duration{100});
  REQUIRE(heartbeats().size() == 4);

  grant({task(1)}); // In flight for long, like the heartbeats.

  CHECK(handlers.started.empty());
  heartbeat_acked(heartbeats().back().number()); // Only an Attach gives a new lease.
  grant({task(2)});
  CHECK(handlers.started.empty());
  attached_acking_heartbeats();
  grant({task(3)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "an acknowledged heartbeat renews the lease from when it was sent",
                 "[worker]") {
  start();
  welcome();
  attached_acking_heartbeats();
  advance(lease / 2);
  REQUIRE(heartbeats().size() == 2);
  heartbeat_acked(heartbeats()[0].number()); // A quarter of a lease ago.

  advance(lease / 2 + duration{100});
  grant({task(1)});
  CHECK(handlers.started.size() == 1);

  advance(lease / 4);
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "a worker that stalled without a node starts nothing",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  lose_router();
  stall(lease + duration{100});

  end(); // Before its lease timer.

  CHECK(handlers.started.size() == 2);
}

} // namespace belfry
