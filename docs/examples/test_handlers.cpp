// Tests of a program's own handlers: days pass in a moment, and workers die on purpose.
#define CATCH_CONFIG_MAIN
#include <belfry/testing.hpp>

#include <catch2/catch.hpp>

#include <map>

using belfry::testing::cluster;
using belfry::testing::crash_point;
using namespace std::chrono_literals;

namespace {

/// A stand-in for the database that the handlers write to.
struct ledger {
  std::map<std::string, int> charges; // By order.
  std::map<std::string, int> letters; // By customer.
};

/// Charging is done once per order, however often the handler runs; a letter goes out each time.
belfry::handler_registry handlers(ledger& books) {
  belfry::handler_registry all;
  all.on("charge", [&books](belfry::run& run) {
    books.charges.emplace(run.payload(), 1);
    return belfry::run_result::success();
  });
  all.on("remind", [&books](belfry::run& run) {
    ++books.letters[run.payload()];
    return belfry::run_result::success();
  });
  all.on("follow", [](belfry::run& run) {
    for (int step = 0; step < 10; ++step)
      if (run.wait_for(1min)) // Virtual time: nobody sleeps.
        return belfry::run_result::failed("interrupted", "asked to end");
    return belfry::run_result::success("arrived");
  });
  return all;
}

} // namespace

TEST_CASE("a reminder goes out after three days, and not before") {
  ledger books;
  cluster town{handlers(books)};
  const auto task = town.submit({.kind = "remind", .payload = "ann", .delay = 72h});
  REQUIRE(task);

  town.advance(72h - 1s);
  CHECK(books.letters.empty());
  town.advance(2s);
  CHECK(books.letters["ann"] == 1);
  CHECK(town.get(*task)->state == belfry::task_state::succeeded);
}

TEST_CASE("a worker that dies after it has charged charges nobody twice") {
  ledger books;
  cluster town{handlers(books)};
  town.crash_next("charge", crash_point::after_handler);
  const auto task = town.submit({.kind = "charge", .payload = "order 7"});
  REQUIRE(task);

  REQUIRE(town.settle());
  CHECK(books.charges["order 7"] == 1);
  CHECK(town.runs(*task).size() == 2); // Belfry runs at least once: the handler must bear it.
}

TEST_CASE("a letter may go out twice: sending it cannot be undone") {
  ledger books;
  cluster town{handlers(books)};
  town.crash_next("remind", crash_point::after_handler);
  REQUIRE(town.submit({.kind = "remind", .payload = "bob"}));

  REQUIRE(town.settle());
  CHECK(books.letters["bob"] == 2);
}

TEST_CASE("a parcel is followed to its end though its worker is stopped on the way") {
  ledger books;
  cluster town{handlers(books)};
  const auto task = town.submit({.kind = "follow"});
  REQUIRE(task);
  town.advance(3min);
  town.freeze_worker(0, 40s);
  town.freeze_worker(1, 40s);

  REQUIRE(town.settle());
  CHECK(town.get(*task)->output == "arrived");
}

TEST_CASE("whatever breaks, every order is charged once") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 11));
  CAPTURE(seed); // Enough to repeat a failure.
  ledger books;
  cluster town{handlers(books), {.seed = seed}};
  belfry::retry_policy patient;
  patient.crashes_max = patient.attempts_max = 50;
  for (int order = 0; order < 50; ++order)
    town.submit_later({.kind = "charge",
                       .payload = "order " + std::to_string(order),
                       .delay = order * 2s,
                       .retry = patient});
  town.inject_faults(2min);

  INFO(town.recent_events());
  REQUIRE(town.settle());
  CHECK(books.charges.size() == 50);
  for (const auto& [order, times] : books.charges)
    CHECK(times == 1);
  CHECK(town.violations().empty());
}
