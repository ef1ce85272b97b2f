// What a shard does with workers and the dispatcher.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a run is granted only when its start is written", "[shard]") {
  serve();
  const auto id = accept(spec());
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  const auto accepted = dispatcher.all<tasks_granted>();
  REQUIRE(accepted.size() == 1);
  CHECK(accepted[0].get_as<tasks_granted>(0).granted == 1);
  CHECK(grants().empty());
  written();
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].runs(0).task() == id);
  CHECK(grants()[0].runs(0).payload() == "shirts");
}

TEST_CASE_METHOD(shard_fixture, "a grant says how long the run may wait before it starts",
                 "[shard]") {
  serve();
  auto urgent = spec();
  urgent.start_by = time->now() + 700ms;
  accept(urgent);
  accept(spec());
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  advance(200ms); // The disk is slow.
  written();
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].runs(0).start_within_ms() == 500);
  CHECK_FALSE(grants()[0].runs(1).has_start_within_ms());
}

TEST_CASE_METHOD(shard_fixture, "what is taken at once is written together with its acceptance",
                 "[shard]") {
  serve();
  attach(worker);
  send_submit({spec()});
  CHECK(batches().empty());
  REQUIRE(is_dispatcher_asked());
  CHECK(dispatcher.all<lane_update>().back().get_as<lane_update>(0).lanes.at(0).waiting == 1);
  SECTION("it is taken") {
    take();
    tell(dispatcher, flush_atom::value);
    REQUIRE(batches().size() == 1);
    CHECK(batches()[0].batch.count == 3); // The task, its batch, its start.
    written();
    CHECK(submitted().size() == 1);
    CHECK(grants().size() == 1);
  }
  SECTION("nobody takes it") {
    tell(dispatcher, flush_atom::value);
    REQUIRE(batches().size() == 1);
    written();
    CHECK(submitted().size() == 1);
  }
  SECTION("the dispatcher dies") {
    test::probe successor{system};
    own(successor.actor());
    tell(successor, child_started{"dispatcher", 0, successor.actor()});
    CHECK(batches().size() == 1);
  }
}

TEST_CASE_METHOD(shard_fixture, "while a batch is under way the dispatcher is told, not asked",
                 "[shard]") {
  serve();
  attach(worker);
  submit(spec());
  REQUIRE(batches().size() == 1);
  dispatcher.heard().clear();
  submit(spec());
  CHECK(dispatcher.all<lane_update>().size() == 1);
  CHECK_FALSE(is_dispatcher_asked());
}

TEST_CASE_METHOD(shard_fixture, "nothing is granted to a worker without an address", "[shard]") {
  serve();
  accept(spec());
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(accepted().granted == 0);
  CHECK(accepted().is_unknown_session);
}

TEST_CASE_METHOD(shard_fixture, "a report gives a worker no address: it must say what it holds",
                 "[shard]") {
  serve();
  accept(spec());
  report(task_id::of({number}, 1).value, 17);
  take();
  CHECK(accepted().granted == 0);
  CHECK(accepted().is_unknown_session);
  attach(worker);
  take();
  CHECK(accepted().granted == 1);
  CHECK_FALSE(accepted().is_unknown_session);
}

TEST_CASE_METHOD(shard_fixture, "a worker whose lease has ended has no address any more",
                 "[shard]") {
  serve();
  tell(dispatcher, worker_attached{{5}, worker.actor(), {}});
  advance(run_limits{}.lease + 10ms);
  accept(spec());
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 10});
  CHECK(dispatcher.all<tasks_granted>()[0].get_as<tasks_granted>(0).granted == 0);
}

TEST_CASE_METHOD(shard_fixture, "a shard that stood still ends no lease for that", "[shard]") {
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

TEST_CASE_METHOD(shard_fixture, "a grant that finds its worker gone costs the task nothing",
                 "[shard]") {
  serve();
  auto once = spec();
  once.retry.attempts_max = 1;
  const auto id = accept(once);
  attach(worker);
  take();
  tell(dispatcher, worker_disconnected{{5}});
  written();
  written();
  CHECK(grants().empty());

  advance(1ms);
  test::probe other{system};
  own(other.actor());
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
  take();
  CHECK(accepted().granted == 0);
  CHECK(accepted().is_unknown_session);
}

TEST_CASE_METHOD(shard_fixture, "an outcome is confirmed when it is written", "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  report(id, token);
  CHECK(worker.all<report_ack_atom, envelope>().empty());
  written();
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
  report(id, token);
  CHECK(worker.all<report_ack_atom, envelope>().size() == 2);
}

TEST_CASE_METHOD(shard_fixture, "tasks that are not kept are forgotten without an alarm",
                 "[shard]") {
  serve();
  auto one = spec();
  one.retention = duration{0};
  for (int round = 0; round < 2; ++round) {
    const auto id = accept(one);
    const auto token = grant_one();
    const auto alarms = scheduler.clock().schedule().size();
    report(id, token);
    written();
    CHECK(scheduler.clock().schedule().size() == alarms);
    wire::Request about;
    about.mutable_get()->set_id(id);
    ask(about);
    CHECK(static_cast<errc>(answers().back().failure().code()) == errc::not_found);
  }
}

TEST_CASE_METHOD(shard_fixture, "cancelling a run revokes it", "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  wire::Request about;
  about.mutable_cancel()->set_id(id);
  ask(about);
  written();
  const auto revokes = words_to<wire::Revoke, revoke_atom>(worker);
  REQUIRE(revokes.size() == 1);
  CHECK(revokes[0].runs(0).token() == token);
  CHECK(answers().at(0).has_done());
}

TEST_CASE_METHOD(shard_fixture, "pausing a queue calls back what its workers have not begun",
                 "[shard]") {
  serve();
  accept(spec());
  const auto token = grant_one();
  wire::Request about;
  about.mutable_set_queue()->set_queue("default");
  about.mutable_set_queue()->set_is_paused(true);
  ask(about);
  CHECK(revokes(worker).empty());
  written();
  REQUIRE(revokes(worker).size() == 1);
  CHECK(revokes(worker)[0].only_unstarted());
  CHECK(revokes(worker)[0].runs(0).token() == token);
}

TEST_CASE_METHOD(shard_fixture, "a worker is told to end runs that are not live any more",
                 "[shard]") {
  serve();
  const task_id id{accept(spec())};
  const fencing_token token{grant_one()};
  const fencing_token older{token.value - 1};
  test::probe another{system};
  own(another.actor());
  SECTION("on the connection that it has") {
    attach(worker, {{{5}, id, token}, {{5}, id, older}});
    REQUIRE(revokes(worker).size() == 1);
    REQUIRE(revokes(worker)[0].runs_size() == 1);
    CHECK(revokes(worker)[0].runs(0).token() == older.value);
  }
  SECTION("on a new one") {
    attach(another, {{{5}, id, token}, {{5}, id, older}});
    REQUIRE(revokes(another).size() == 1);
    REQUIRE(revokes(another)[0].runs_size() == 1);
    CHECK(revokes(another)[0].runs(0).token() == older.value);
  }
}

TEST_CASE_METHOD(shard_fixture, "a run on its way to a worker that attaches anew is left alone",
                 "[shard]") {
  serve();
  accept(spec());
  attach(worker);
  take();
  written();
  REQUIRE(grants(worker).size() == 1);

  attach(worker); // The connection lasts, and the grant has not come yet.
  advance(10ms);
  take();

  CHECK(accepted().granted == 0);
  test::probe another{system};
  own(another.actor());
  attach(another); // Another connection: now it is lost.
  written();
  advance(10ms);
  take();
  CHECK(accepted().granted == 1);
}

TEST_CASE_METHOD(shard_fixture, "a run that was given up before it was written is not granted",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  attach(worker);
  take();
  REQUIRE(accepted().granted == 1);
  test::probe another{system};
  own(another.actor());
  attach(another); // A new connection, and the run that waits for the disk is not named.
  written();
  written();
  CHECK(grants(worker).empty());
  CHECK(grants(another).empty());

  advance(10ms);
  take();
  REQUIRE(accepted().granted == 1);
  written();
  written();
  REQUIRE(grants(another).size() == 1);
  CHECK(grants(another)[0].runs(0).task() == id);
}

TEST_CASE_METHOD(shard_fixture, "a run whose task is forgotten by now is not granted", "[shard]") {
  serve();
  auto brief = spec();
  brief.retention = 0ms;
  const auto id = accept(brief);
  attach(worker);
  submit(spec(1h)); // Its batch is under way, so that what follows gathers.
  take();
  REQUIRE(accepted().granted == 1);
  test::probe another{system};
  own(another.actor());
  attach(another);
  wire::Request about;
  about.mutable_cancel()->set_id(id);
  ask(about);
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
  wire::Request about;
  about.mutable_get()->set_id(id);
  ask(about);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].task().state() == static_cast<std::uint32_t>(task_state::scheduled));
  CHECK(answers()[0].task().last_error() ==
        "unknown_verdict: the worker says that the run ended as 9, which this version does not "
        "know");
}

TEST_CASE_METHOD(shard_fixture, "a deposed shard leaves the runs of its successor alone",
                 "[shard]") {
  const bool is_shared = GENERATE(true, false);
  auto with = options();
  with.is_shared = is_shared;
  start(with);
  recover();
  const auto task = task_id::of({number}, 1);
  const fencing_token later{(std::uint64_t{2} << 40) + 1}; // This one is of epoch 1.
  attach(worker, {{{5}, task, later}});
  report(task.value, later.value);
  const auto confirmed = words_to<wire::ReportAck, report_ack_atom>(worker).size();
  // A shard that is the only one there can be knows that such a run is not live.
  CHECK(revokes(worker).size() == (is_shared ? 0 : 1));
  CHECK(confirmed == (is_shared ? 0 : 1));
}
