// What a worker may begin, as far as its lease goes.
#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

namespace belfry {

using test::worker_fixture;

TEST_CASE_METHOD(worker_fixture, "a worker that stood still begins nothing that may be another's",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  stall(lease + duration{100});

  grant({task(4)});

  CHECK(attaches().size() == 2);
  CHECK(attaches().back().running_size() == 3); // What is given back is not confirmed yet.
  const auto given_back = outcomes();
  REQUIRE(given_back.size() == 2);
  CHECK(given_back[0].token() == 3);
  CHECK(given_back[0].verdict() == wire::RunOutcome::NOT_STARTED);
  CHECK(given_back[1].token() == 4);
  end();
  CHECK(handlers.started.size() == 2);

  attached();
  grant({task(5)});
  CHECK(handlers.started.size() == 3);
}

TEST_CASE_METHOD(worker_fixture, "a worker that stood still while it attached begins nothing",
                 "[worker]") {
  start();
  welcome();
  stall(lease + duration{100});

  attached(); // It waited in the mailbox, and so did the run.
  grant({task(1)});
  CHECK(handlers.started.empty());
  CHECK(outcomes().at(0).verdict() == wire::RunOutcome::NOT_STARTED);

  attached();
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "an answer renews the lease from when its own question was asked",
                 "[worker]") {
  start();
  welcome();
  attached(attaches().back().number());
  welcome(); // Asks again, and is stopped.
  const auto before = attaches().back().number();
  stall(lease + duration{100});

  welcome(); // This waited in the mailbox, and so did the answer and the run.
  attached(before);
  grant({task(1)});

  CHECK(handlers.started.empty());
  attached(attaches().back().number());
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
  attached(before); // Once more, from nowhere.
  grant({task(3)});
  CHECK(handlers.started.size() == 2);
}

TEST_CASE_METHOD(worker_fixture,
                 "an answer from before it stood still does not end a worker's doubt", "[worker]") {
  join();
  welcome(); // Asks again, and is stopped.
  const auto before = attaches().back().number();
  stall(lease + duration{100});

  advance(duration{1}); // Its own timer comes first: it doubts, asks anew and beats.
  REQUIRE(attaches().back().number() > before);
  attached(before);
  grant({task(1)});
  CHECK(handlers.started.empty());

  attached(attaches().back().number());
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "beats that nobody hears renew no lease", "[worker]") {
  start();
  welcome();
  attached_for_beats();
  advance(lease + duration{100});
  REQUIRE(beats().size() == 4);

  grant({task(1)}); // Long under way, like the beats.

  CHECK(handlers.started.empty());
  heard(beats().back().number()); // The shard has not let it attach anew.
  grant({task(2)});
  CHECK(handlers.started.empty());
  attached_for_beats();
  grant({task(3)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "a beat that is heard renews the lease from when it was sent",
                 "[worker]") {
  start();
  welcome();
  attached_for_beats();
  advance(lease / 2);
  REQUIRE(beats().size() == 2);
  heard(beats()[0].number()); // A quarter of a lease ago.

  advance(lease / 2 + duration{100});
  grant({task(1)});
  CHECK(handlers.started.size() == 1);

  advance(lease / 4);
  grant({task(2)});
  CHECK(handlers.started.size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "a worker that stood still without a node begins nothing",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  lose_router();
  stall(lease + duration{100});

  end(); // Before it hears that its lease is over.

  CHECK(handlers.started.size() == 2);
}

} // namespace belfry
