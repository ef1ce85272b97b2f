// How a shard grants runs, and what the dispatcher and workers tell it.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a run is granted only when its start is written", "[shard]") {
  serve();
  const auto id = accept(spec());
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  log.clear();
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(expect<tasks_granted>(dispatcher).get_as<tasks_granted>(0).granted == 1);
  expect<lane_update>(dispatcher);
  expect<write_batch>(keeper);
  log.expect_nothing();
  written();
  expect<grant_atom, envelope>(worker);
  log.expect_nothing();
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].runs(0).task() == id);
  CHECK(grants()[0].runs(0).payload() == "shirts");
}

TEST_CASE_METHOD(shard_fixture,
                 "a task that is granted at once shares one write with its acceptance", "[shard]") {
  serve();
  attach(worker);
  send_submit({spec()});
  CHECK(batches().empty());
  REQUIRE(is_dispatcher_asked());
  CHECK(dispatcher.all<lane_update>().back().get_as<lane_update>(0).lanes.at(0).waiting == 1);
  SECTION("the dispatcher grants it") {
    request_grant();
    tell(dispatcher, flush_atom::value);
    REQUIRE(batches().size() == 1);
    CHECK(batches()[0].batch.count == 3); // The task, its batch, its start.
    written();
    CHECK(submitted().size() == 1);
    CHECK(grants().size() == 1);
  }
  SECTION("the dispatcher grants nothing") {
    tell(dispatcher, flush_atom::value);
    REQUIRE(batches().size() == 1);
    written();
    CHECK(submitted().size() == 1);
  }
  SECTION("the dispatcher dies") {
    test::probe successor{system};
    adopt(successor.actor());
    tell(successor, child_started{"dispatcher", 0, successor.actor()});
    CHECK(batches().size() == 1);
  }
}

TEST_CASE_METHOD(shard_fixture, "while a batch is in flight the dispatcher is not asked to flush",
                 "[shard]") {
  serve();
  attach(worker);
  submit(spec());
  REQUIRE(batches().size() == 1);
  dispatcher.received().clear();
  submit(spec());
  CHECK(dispatcher.all<lane_update>().size() == 1);
  CHECK_FALSE(is_dispatcher_asked());
}

TEST_CASE_METHOD(shard_fixture, "nothing is granted to a worker that has not attached", "[shard]") {
  serve();
  accept(spec());
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(last_granted().granted == 0);
  CHECK(last_granted().is_unknown_session);
}

TEST_CASE_METHOD(shard_fixture, "a report does not attach a worker: it must name its runs",
                 "[shard]") {
  serve();
  accept(spec());
  report(task_id::of({number}, 1).value, 17);
  request_grant();
  CHECK(last_granted().granted == 0);
  CHECK(last_granted().is_unknown_session);
  attach(worker);
  request_grant();
  CHECK(last_granted().granted == 1);
  CHECK_FALSE(last_granted().is_unknown_session);
}

TEST_CASE_METHOD(shard_fixture, "a worker whose lease has expired must attach again", "[shard]") {
  serve();
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  advance(run_limits{}.lease + 10ms);
  accept(spec());
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(dispatcher.all<tasks_granted>()[0].get_as<tasks_granted>(0).granted == 0);
}

TEST_CASE_METHOD(shard_fixture, "a stall of a shard ends no lease", "[shard]") {
  serve();
  accept(spec());
  grant_one();
  const auto before = batches().size();

  stall(run_limits{}.lease + 5s);
  advance(run_limits{}.lease - 1s);
  CHECK(batches().size() == before);

  advance(2s);
  CHECK(batches().size() == before + 1); // The run is lost now.
}

TEST_CASE_METHOD(shard_fixture, "a stall ends no lease though a message comes before the alarm",
                 "[shard]") {
  serve();
  accept(spec());
  grant_one();
  const auto before = batches().size();

  time->advance(run_limits{}.lease + 5s);
  submit(spec(1h));
  CHECK(batches().size() == before + 1);
  written();

  advance(run_limits{}.lease - 1s);
  CHECK(batches().size() == before + 1);
  advance(run_limits{}.lease);
  CHECK(batches().size() == before + 2); // The run is lost now.
}

TEST_CASE_METHOD(shard_fixture, "a stall ends no lease though the shard has timers left to handle",
                 "[shard]") {
  auto small_steps = options();
  small_steps.limits.steps_max = 1;
  start(small_steps);
  recover();
  accept(spec());
  grant_one();
  accept(spec(1s));
  accept(spec(1s));
  const auto before = batches().size();

  time->advance(1s);
  scheduler.advance_time(1s);
  const int handled = GENERATE(1, 2, 3); // The alarm is one; then the shard wakes itself.
  for (int i = 0; i < handled; ++i)
    (void)scheduler.try_run_once();
  time->advance(run_limits{}.lease + 5s);
  run();
  CHECK(batches().size() == before);

  advance(run_limits{}.lease - 2s);
  CHECK(batches().size() == before);
  advance(2s);
  CHECK(batches().size() == before + 1); // The run is lost now.
}

TEST_CASE_METHOD(shard_fixture, "a grant whose worker has disconnected costs the task no attempt",
                 "[shard]") {
  serve();
  auto once = spec();
  once.retry.attempts_max = 1;
  const auto id = accept(once);
  attach(worker);
  request_grant();
  tell(dispatcher, worker_disconnected{{5}});
  written();
  written();
  CHECK(grants().empty());

  advance(1ms);
  test::probe other{system};
  adopt(other.actor());
  tell(dispatcher, worker_attached{{6}, other.actor(), {}});
  tell(dispatcher, grant_tasks{{6}, "default", "wash", 1});
  written();
  REQUIRE(grants(other).size() == 1);
  CHECK(grants(other)[0].runs(0).task() == id);
  CHECK(grants(other)[0].runs(0).attempt() == 1);
}

TEST_CASE_METHOD(shard_fixture, "nothing is granted to a worker whose connection is lost",
                 "[shard]") {
  serve();
  accept(spec());
  attach(worker);
  tell(dispatcher, worker_disconnected{{5}});
  request_grant();
  CHECK(last_granted().granted == 0);
  CHECK(last_granted().is_unknown_session);
}

TEST_CASE_METHOD(shard_fixture, "an outcome is acknowledged when it is written", "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  log.clear();
  report(id, token);
  expect<write_batch>(keeper);
  log.expect_nothing();
  written();
  expect<report_ack_atom, envelope>(worker);
  log.expect_nothing();
  report(id, token); // Repeated: there is nothing to write.
  expect<report_ack_atom, envelope>(worker);
  log.expect_nothing();
}

TEST_CASE_METHOD(shard_fixture, "tasks without retention are forgotten without an alarm",
                 "[shard]") {
  serve();
  auto brief = spec();
  brief.retention = duration{0};
  for (int round = 0; round < 2; ++round) {
    const auto id = accept(brief);
    const auto token = grant_one();
    const auto alarms = scheduler.clock().schedule().size();
    report(id, token);
    written();
    CHECK(scheduler.clock().schedule().size() == alarms);
    wire::Request request;
    request.mutable_get()->set_id(id);
    ask(request);
    CHECK(static_cast<errc>(answers().back().failure().code()) == errc::forgotten);
  }
}

TEST_CASE_METHOD(shard_fixture, "cancelling a run revokes it", "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  wire::Request request;
  request.mutable_cancel()->set_id(id);
  ask(request);
  written();
  const auto revokes = messages_to<wire::Revoke, revoke_atom>(worker);
  REQUIRE(revokes.size() == 1);
  CHECK(revokes[0].runs(0).token() == token);
  CHECK(answers().at(0).has_done());
}

TEST_CASE_METHOD(shard_fixture, "pausing a queue recalls runs that its workers have not started",
                 "[shard]") {
  serve();
  accept(spec());
  const auto token = grant_one();
  wire::Request request;
  request.mutable_set_queue()->set_queue("default");
  request.mutable_set_queue()->set_is_paused(true);
  ask(request);
  CHECK(revokes(worker).empty());
  written();
  REQUIRE(revokes(worker).size() == 1);
  CHECK(revokes(worker)[0].only_unstarted());
  CHECK(revokes(worker)[0].runs(0).token() == token);
}

TEST_CASE_METHOD(shard_fixture,
                 "a worker that attaches is told to end runs that are no longer live", "[shard]") {
  serve();
  const task_id id{accept(spec())};
  const fencing_token token{grant_one()};
  const fencing_token older{token.value - 1};
  test::probe another{system};
  adopt(another.actor());
  SECTION("on its connection") {
    attach(worker, {{{5}, id, token}, {{5}, id, older}});
    REQUIRE(revokes(worker).size() == 1);
    REQUIRE(revokes(worker)[0].runs_size() == 1);
    CHECK(revokes(worker)[0].runs(0).token() == older.value);
  }
  SECTION("on a new connection") {
    attach(another, {{{5}, id, token}, {{5}, id, older}});
    REQUIRE(revokes(another).size() == 1);
    REQUIRE(revokes(another)[0].runs_size() == 1);
    CHECK(revokes(another)[0].runs(0).token() == older.value);
  }
}

TEST_CASE_METHOD(shard_fixture,
                 "a run that is being sent to a worker that attaches again is not lost",
                 "[shard]") {
  serve();
  accept(spec());
  attach(worker);
  request_grant();
  written();
  REQUIRE(grants(worker).size() == 1);

  attach(worker); // The connection lasts, and the grant has not arrived yet.
  advance(10ms);
  request_grant();

  CHECK(last_granted().granted == 0);
  test::probe another{system};
  adopt(another.actor());
  attach(another); // Another connection: now the run is lost.
  written();
  advance(10ms);
  request_grant();
  CHECK(last_granted().granted == 1);
}

TEST_CASE_METHOD(shard_fixture,
                 "a run that is withdrawn before its start is written is not granted", "[shard]") {
  serve();
  const auto id = accept(spec());
  attach(worker);
  request_grant();
  REQUIRE(last_granted().granted == 1);
  test::probe another{system};
  adopt(another.actor());
  attach(another); // A new connection that does not name the run, which waits for the disk.
  written();
  written();
  CHECK(grants(worker).empty());
  CHECK(grants(another).empty());

  advance(10ms);
  request_grant();
  REQUIRE(last_granted().granted == 1);
  written();
  written();
  REQUIRE(grants(another).size() == 1);
  CHECK(grants(another)[0].runs(0).task() == id);
}

TEST_CASE_METHOD(shard_fixture, "a run whose task is forgotten meanwhile is not granted",
                 "[shard]") {
  serve();
  auto brief = spec();
  brief.retention = 0ms;
  const auto id = accept(brief);
  attach(worker);
  submit(spec(1h)); // Its batch is in flight, so that later events gather.
  request_grant();
  REQUIRE(last_granted().granted == 1);
  test::probe another{system};
  adopt(another.actor());
  attach(another);
  wire::Request request;
  request.mutable_cancel()->set_id(id);
  ask(request);
  advance(2s);
  CHECK_FALSE(end.has_value());
  written();
  written();
  CHECK(grants(worker).empty());
  CHECK(grants(another).empty());
  CHECK(answers().at(0).has_done());
}

TEST_CASE_METHOD(shard_fixture, "an outcome of a later version counts as a failure", "[shard]") {
  serve();
  const auto id = accept(spec());
  report(id, grant_one(), 9);
  written();
  wire::Request request;
  request.mutable_get()->set_id(id);
  ask(request);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].task().state() == static_cast<std::uint32_t>(task_state::scheduled));
  CHECK(answers()[0].task().last_error() ==
        "unknown_verdict: the worker says that the run ended as 9, which this version does not "
        "know");
}

TEST_CASE_METHOD(shard_fixture,
                 "a deposed shard neither revokes nor acknowledges runs of the new owner",
                 "[shard]") {
  const bool is_shared = GENERATE(true, false);
  auto chosen = options();
  chosen.is_shared = is_shared;
  start(chosen);
  recover();
  const auto task = task_id::of({number}, 1);
  const fencing_token later{(std::uint64_t{2} << 40) + 1}; // This shard has epoch 1.
  attach(worker, {{{5}, task, later}});
  report(task.value, later.value);
  const auto acknowledged = messages_to<wire::ReportAck, report_ack_atom>(worker).size();
  // A shard that no other node can take over knows that such a run is not live.
  CHECK(revokes(worker).size() == (is_shared ? 0 : 1));
  CHECK(acknowledged == (is_shared ? 0 : 1));
}
