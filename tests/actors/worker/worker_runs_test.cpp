#include "worker_fixture.hpp"

#include <catch2/catch.hpp>

namespace belfry {

using test::worker_fixture;
using verdict = wire::RunOutcome;

TEST_CASE_METHOD(worker_fixture, "a worker runs what it is granted and reports until acknowledged",
                 "[worker]") {
  join();
  grant({task(1)});
  CHECK(handlers.started.size() == 1);

  end();

  REQUIRE(reports().size() == 1);
  CHECK(reports()[0].shard() == shard.value);
  CHECK(reports()[0].session() == attaches()[0].session());
  CHECK(reports()[0].outcomes(0).token() == 1);
  CHECK(reports()[0].outcomes(0).output() == "done");

  advance(lease);
  CHECK(reports().size() >= 2); // Sent again.
  confirm(1);
  const auto before = reports().size();
  advance(lease);
  CHECK(reports().size() == before);
}

TEST_CASE_METHOD(worker_fixture, "a worker runs as many at once as it has slots", "[worker]") {
  join();
  grant({task(1), task(2), task(3), task(4)});
  CHECK(handlers.runs.size() == 2);

  end();

  CHECK(handlers.runs.size() == 2);
  CHECK(handlers.started.size() == 3);
}

TEST_CASE_METHOD(worker_fixture, "ended runs give credit for as many more", "[worker]") {
  join();
  CHECK(attaches()[0].credit() == 5);
  grant({task(1), task(2), task(3)});
  CHECK(credits() == 0);
  end();
  end();
  CHECK(credits() == 2);
}

TEST_CASE_METHOD(worker_fixture, "a worker says how much of its credit is for free slots",
                 "[worker]") {
  join();
  CHECK(attaches()[0].credit() == 5);
  CHECK(attaches()[0].slot_credit() == 2);
  grant({task(1), task(2), task(3)});
  advance(duration{100});

  end(); // The waiting run takes the slot.
  advance(duration{10});
  end();
  advance(duration{10});

  const auto offers = sent<wire::Credit>(credit_atom{});
  REQUIRE(offers.size() == 2);
  CHECK(offers[0].count() == 1);
  CHECK(offers[0].slot_credit() == 0);
  CHECK(offers[1].count() == 1);
  CHECK(offers[1].slot_credit() == 1);
}

TEST_CASE_METHOD(worker_fixture, "runs beyond the credit give none back until they have run",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3), task(4), task(5), task(6), task(7)});
  end();
  end();
  advance(duration{1});
  CHECK(credits() == 0);
  end();
  advance(duration{1});
  CHECK(credits() == 1);
}

TEST_CASE_METHOD(worker_fixture, "while more runs wait, outcomes are reported together",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3), task(4), task(5)});

  end();
  end();

  CHECK(reports().empty());
  advance(duration{1});
  REQUIRE(reports().size() == 1);
  CHECK(reports()[0].outcomes_size() == 2);
}

TEST_CASE_METHOD(worker_fixture, "a worker with little left to run reports at once", "[worker]") {
  join();
  grant({task(1), task(2)});
  end();
  confirm(1);
  end();
  CHECK(reports().size() == 2);
}

TEST_CASE_METHOD(worker_fixture, "a worker whose runs are short prefetches more", "[worker]") {
  options.prefetch = std::nullopt;
  join();
  CHECK(attaches()[0].credit() == 2 + 2);
  for (std::uint64_t token = 1; token <= 100; ++token) {
    grant({task(token)});
    end();
    advance(duration{1});
  }
  CHECK(credits() > 2 * 100);
}

TEST_CASE_METHOD(worker_fixture, "runs that wait behind long ones are returned", "[worker]") {
  options.prefetch = std::nullopt;
  join();
  grant({task(1), task(2), task(3), task(4)});
  end();

  advance(lease / 4);
  CHECK(outcomes().size() == 1); // One has ended since the last heartbeat.
  confirm(1);
  advance(lease / 4);

  REQUIRE(outcomes().size() == 1 + 1);
  CHECK(outcomes()[1].token() == 4);
  CHECK(outcomes()[1].verdict() == verdict::NOT_STARTED);
  CHECK(handlers.started.size() == 3);
  CHECK(credits() == 1); // For the one that has ended.
}

TEST_CASE_METHOD(worker_fixture, "a run that waited beyond its start-by deadline is returned",
                 "[worker]") {
  join();
  auto late = task(3);
  late.set_start_within_ms(500);
  grant({task(1), task(2), late, task(4)});
  advance(duration{501});

  end();
  end();

  CHECK(handlers.started.size() == 3);
  const auto all = outcomes();
  CHECK(std::count_if(all.begin(), all.end(), [](const auto& outcome) {
          return outcome.token() == 3 && outcome.verdict() == verdict::NOT_STARTED;
        }) == 1);
}

TEST_CASE_METHOD(worker_fixture, "a run that gets a slot by its start-by deadline starts",
                 "[worker]") {
  join();
  auto early = task(3);
  early.set_start_within_ms(500);
  grant({task(1), task(2), early});
  advance(duration{500});

  end();

  CHECK(handlers.started.size() == 3);
}

TEST_CASE_METHOD(worker_fixture, "a run granted twice runs once", "[worker]") {
  join();
  grant({task(1)});
  grant({task(1)});
  end();
  grant({task(1)});
  CHECK(handlers.started.size() == 1);
  CHECK(outcomes().size() == 1);
}

TEST_CASE_METHOD(worker_fixture, "a kind that the worker does not know is reported as such",
                 "[worker]") {
  join();
  grant({task(1, "iron")});
  CHECK(handlers.started.empty());
  CHECK(outcomes().at(0).verdict() == verdict::UNKNOWN_KIND);
}

TEST_CASE_METHOD(worker_fixture, "one report per shard is in flight", "[worker]") {
  join();
  grant({task(1), task(2)});
  end();
  end();
  CHECK(reports().size() == 1);

  confirm(1);

  REQUIRE(reports().size() == 2);
  CHECK(reports()[1].sequence() == 2);
  CHECK(reports()[1].outcomes(0).token() == 2);
}

TEST_CASE_METHOD(worker_fixture, "a waiting run that is revoked never starts", "[worker]") {
  join();
  grant({task(1), task(2), task(3)});

  revoke(3);
  advance(duration{1});

  CHECK(outcomes().at(0).token() == 3);
  CHECK(outcomes().at(0).verdict() == verdict::CANCELLED);
  end();
  CHECK(handlers.started.size() == 2);
}

TEST_CASE_METHOD(worker_fixture, "a revoke of unstarted runs returns the waiting ones",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});

  revoke(1, true);
  revoke(3, true);
  advance(duration{1});

  CHECK_FALSE(handlers.runs.front().control->is_cancelled());
  REQUIRE(outcomes().size() == 1);
  CHECK(outcomes()[0].token() == 3);
  CHECK(outcomes()[0].verdict() == verdict::NOT_STARTED);
}

TEST_CASE_METHOD(worker_fixture, "a running run that is revoked is asked to end", "[worker]") {
  join();
  grant({task(1)});

  revoke(1);

  REQUIRE(handlers.runs.front().control->is_cancelled());
  CHECK(outcomes().empty());
  end(run_result::failed("cancelled", "as asked"));
  CHECK(outcomes().at(0).verdict() == verdict::CANCELLED);
}

TEST_CASE_METHOD(worker_fixture, "a handler that does not end within its grace period is abandoned",
                 "[worker]") {
  join();
  grant({task(1), task(2), task(3)});
  revoke(1);
  advance(options.grace - duration{100});
  CHECK(outcomes().empty());

  advance(duration{200});

  CHECK(outcomes().at(0).verdict() == verdict::CANCELLED);
  CHECK(handlers.abandoned == 1);
  CHECK(handlers.started.size() == 3); // Its slot is free.
}

TEST_CASE_METHOD(worker_fixture, "a run over its time limit is asked to end, then abandoned",
                 "[worker]") {
  join();
  grant({task(1, "wash", duration{5'000}), task(2, "wash", duration{60'000})});
  advance(duration{4'900});
  CHECK_FALSE(handlers.runs.front().control->is_cancelled());

  advance(duration{200});
  CHECK(handlers.runs.front().control->is_cancelled());
  CHECK_FALSE(handlers.runs.back().control->is_cancelled());

  advance(options.grace);
  CHECK(outcomes().at(0).verdict() == verdict::FAILED);
  CHECK(outcomes().at(0).error() == "timeout");
}

TEST_CASE_METHOD(worker_fixture, "progress is sent with the heartbeats, once", "[worker]") {
  join();
  grant({task(1)});
  handlers.runs.front().control->set_progress("half");

  advance(lease);

  std::vector<std::string> texts;
  for (const auto& heartbeat : heartbeats()) {
    CHECK(heartbeat.running() == 1);
    for (const auto& progress : heartbeat.progress())
      texts.push_back(progress.text());
  }
  CHECK(texts == std::vector<std::string>{"half"});
  CHECK(heartbeats().size() >= 3);
}

TEST_CASE_METHOD(worker_fixture, "damaged and unknown messages change nothing", "[worker]") {
  join();
  grant({task(1)});
  auto damaged = wire::seal(wire::Grant{});
  damaged.push_back('x');
  caf::anon_send(worker, grant_atom::value, envelope{damaged, 0});
  caf::anon_send(worker, revoke_atom::value, envelope{});
  caf::anon_send(worker, report_ack_atom::value, envelope{{'a', 'b'}, 0});
  caf::anon_send(worker, std::string{"unknown"});
  confirm(17);
  revoke(99);
  end();
  CHECK(outcomes().size() == 1);
}

} // namespace belfry
