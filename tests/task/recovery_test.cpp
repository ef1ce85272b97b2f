// After a restart a shard knows what its journal says.
#include "belfry/contract.hpp"
#include "random_walk.hpp"
#include "recovered_ledger.hpp"
#include "task/state/shard_epoch.hpp"

using namespace belfry;
using namespace std::chrono_literals;
using verdict = run_outcome::verdict;

TEST_CASE_METHOD(random_walk, "every accepted task is known after a restart", "[recovery]") {
  prng random{8};
  std::vector<task_id> ids;
  for (int i = 0; i < 3000; ++i)
    step(random, ids);
  advance_time(0ms);

  recovered_ledger again{*this};
  CHECK(again.tasks.views().audit() == std::vector<std::string>{});
  CHECK(again.tasks.views().size() == tasks.views().size());
  for (const auto id : ids)
    CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
}

TEST_CASE_METHOD(ledger_fixture, "a run survives a restart if its worker attaches in time",
                 "[recovery]") {
  const auto id = accept(spec());
  const auto run = start(ann);
  recovered_ledger again{*this};
  again.tasks.attach(ann, {run}, now + 1s);
  run_outcome outcome;
  outcome.task = id;
  outcome.token = run.token;
  CHECK(again.tasks.finish_run(ann, outcome, now + 2s));
  CHECK(again.tasks.views().describe(id, false)->state == task_state::succeeded);
}

TEST_CASE_METHOD(ledger_fixture,
                 "a run is reassigned after a restart if its worker does not attach",
                 "[recovery]") {
  const auto id = accept(spec());
  const auto run = start(ann);
  recovered_ledger again{*this};
  again.tasks.advance(now + 10s, 1000);
  CHECK(again.tasks.views().describe(id, false)->state == task_state::scheduled);
  again.tasks.advance(now + 20s, 1000);
  again.tasks.sessions().renew(bob, now + 20s);
  REQUIRE(again.tasks.grant(bob, "default", "wash", 1, now + 20s) == 1);
  CHECK(again.tasks.take_effects().grants.at(0).token > run.token);
}

TEST_CASE_METHOD(ledger_fixture, "a scheduled task becomes ready after a restart", "[recovery]") {
  const auto id = accept(spec("wash", 5s));
  recovered_ledger again{*this};
  REQUIRE(again.tasks.next_wakeup());
  again.tasks.advance(now + 6s, 1000);
  CHECK(again.tasks.views().describe(id, false)->state == task_state::ready);
}

TEST_CASE_METHOD(ledger_fixture, "a repeated batch is recognised after a restart", "[recovery]") {
  const auto first = tasks.submit(client, 1, {spec(), spec("")}, now);
  recovered_ledger again{*this};
  CHECK(again.tasks.submit(client, 1, {spec(), spec("")}, now) == first);
  CHECK(again.tasks.views().size() == 1);
}

TEST_CASE_METHOD(ledger_fixture,
                 "a repeated batch is recognised though the shard was down for long",
                 "[recovery]") {
  const auto first = tasks.submit(client, 1, {spec("wash", 24h)}, now);
  recovered_ledger again{*this, 2h};
  again.tasks.advance(now, 1000);
  CHECK(again.tasks.submit(client, 1, {spec("wash", 24h)}, now) == first);
  CHECK(again.tasks.views().size() == 1);
  again.tasks.advance(now + 11min, 1000);
  CHECK(again.tasks.submit(client, 1, {spec("wash", 24h)}, now) != first); // The window is over.
}

TEST_CASE_METHOD(ledger_fixture, "a repeated batch is recognised though the clock was set forward",
                 "[recovery]") {
  const auto first = tasks.submit(client, 1, {spec("wash", 24h)}, now);
  now += 1h;
  CHECK(tasks.compensate_stall(now - 1h, now) == 1h);
  tasks.advance(now, 1000);
  CHECK(tasks.submit(client, 1, {spec("wash", 24h)}, now) == first);
}

TEST_CASE_METHOD(ledger_fixture, "events of an in-memory queue are not written", "[recovery]") {
  REQUIRE(tasks.set_queue({.queue = "fast", .level = durability::in_memory}, now).ok());
  auto task = spec();
  task.queue = "fast";
  accept(task);
  const auto before = journal.size();
  accept(task);
  CHECK(start(ann, "wash", "fast").token.value != 0);
  CHECK(journal.size() == before);
}

TEST_CASE("a journal with an unknown event is refused", "[recovery]") {
  const auto read = wire::read_events(std::string_view{"\x0a\x05\xfa\x7f\x02hi", 7}, [](event) {});
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == errc::corrupt);
}

TEST_CASE_METHOD(ledger_fixture, "a ledger is behind a memory of what it has never given",
                 "[ledger]") {
  const auto id = accept(spec());
  const auto run = start();
  REQUIRE(run.token.epoch() == 1);

  CHECK_FALSE(tasks.views().is_behind({}));
  CHECK_FALSE(tasks.views().is_behind({.epoch = 1, .token = run.token, .serial = id.serial()}));
  CHECK(tasks.views().is_behind({.epoch = 2}));
  CHECK(tasks.views().is_behind({.token = {run.token.value + 1}}));
  CHECK(tasks.views().is_behind({.serial = id.serial() + 1}));
  CHECK_FALSE(tasks.views().is_behind({.epoch = epoch_min_limit}));
}

TEST_CASE_METHOD(ledger_fixture, "a recovered ledger gives no serial below those of its epoch",
                 "[ledger]") {
  const auto before = accept(spec());
  null_sink sink;
  ledger later({.shard = {3}, .epoch = 9, .serial_min = first_serial_of(9)}, sink, now);
  for (const auto& bytes : journal)
    REQUIRE(
        wire::read_events(bytes, [&](event recorded) { later.replay(std::move(recorded)); }).ok());
  later.finish_recovery(now);

  const auto after = later.submit(client, ++sequence, {spec()}, now)->at(0).id;

  CHECK(after.serial() == first_serial_of(9));
  REQUIRE(later.views().find(before));
  CHECK(later.views().audit() == std::vector<std::string>{});
}

TEST_CASE_METHOD(ledger_fixture, "an epoch that does not fit into a token is refused", "[ledger]") {
  const ledger_options too_late{.shard = {3}, .epoch = epoch_end};
  CHECK_THROWS_AS(ledger(too_late, *this, now), contract_violation);
}
