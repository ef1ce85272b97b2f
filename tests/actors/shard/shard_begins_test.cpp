// What a shard knows of handlers that have begun.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A shard whose worker says when its handlers begin.
struct telling_shard : shard_fixture {
  std::uint64_t id = 0;
  fencing_token token;

  /// Serves, and grants a task to the worker.
  void reserve(task_spec task) {
    serve();
    id = accept(std::move(task));
    tell(
        dispatcher,
        worker_attached{.session = {5}, .worker = worker.actor(), .held = {}, .tells_begin = true});
    request_grant();
    written();
    token = {grants().back().runs(0).token()};
  }
  /// By a heartbeat.
  void begin(duration ago) {
    tell(dispatcher, worker_heartbeat{{5}, {}, {{task_id{id}, token, ago}}});
  }
  wire::TaskInfo info() {
    wire::Request request;
    request.mutable_get()->set_id(id);
    ask(request);
    return answers().back().task();
  }
  std::size_t listed(task_state state, bool tells_reserved) {
    wire::Request request;
    request.mutable_list()->set_limit(10);
    request.mutable_list()->set_tells_reserved(tells_reserved);
    request.mutable_list()->add_states(static_cast<std::uint32_t>(state));
    ask(request);
    return static_cast<std::size_t>(answers().back().list().tasks_size());
  }
};

} // namespace

TEST_CASE_METHOD(telling_shard, "a task runs from the heartbeat on that names it as begun",
                 "[shard]") {
  reserve(spec());
  CHECK(info().is_reserved());
  CHECK_FALSE(info().has_started_ms());
  advance(3s);
  const auto before = batches().size();

  begin(2s);

  CHECK_FALSE(info().is_reserved());
  CHECK(info().started_ms() == to_ms(time->now() - 2s));
  CHECK(batches().size() == before); // It is not written.
}

TEST_CASE_METHOD(telling_shard, "a worker that attaches again says which runs have begun",
                 "[shard]") {
  reserve(spec());
  advance(3s);
  test::probe later{system};
  adopt(later.actor());

  tell(dispatcher, worker_attached{.session = {5},
                                   .worker = later.actor(),
                                   .held = {{{5}, task_id{id}, token}},
                                   .begun = {{task_id{id}, token, 1s}},
                                   .tells_begin = true});

  CHECK_FALSE(info().is_reserved());
  CHECK(info().started_ms() == to_ms(time->now() - 1s));
}

TEST_CASE_METHOD(telling_shard, "a report says when handlers began by its worker's clock",
                 "[shard]") {
  reserve(spec());
  advance(3s);
  wire::Report report;
  report.set_session(5);
  report.set_shard(number);
  report.set_sequence(1);
  report.set_clock_ms(777'000);
  SECTION("of a run that goes on") {
    auto& begun = *report.add_begun();
    begun.set_task(id);
    begun.set_token(token.value);
    begun.set_began_ms(776'100);
    tell_sealed(worker, report_atom::value, report);
    CHECK_FALSE(info().is_reserved());
    CHECK(info().started_ms() == to_ms(time->now() - 900ms));
  }
  SECTION("of one that has ended") {
    auto& outcome = *report.add_outcomes();
    outcome.set_task(id);
    outcome.set_token(token.value);
    outcome.set_began_ms(776'100);
    outcome.set_ran_ms(850);
    tell_sealed(worker, report_atom::value, report);
    written();
    CHECK(info().started_ms() == to_ms(time->now() - 900ms));
    CHECK(info().ran_ms() == 850);
  }
}

TEST_CASE_METHOD(telling_shard, "the time limit of a run ends though its worker says nothing more",
                 "[shard]") {
  auto limited = spec();
  limited.timeout = 1s;
  limited.retry.crashes_max = 1;
  reserve(limited);
  begin(0s);
  for (int i = 0; i < 10; ++i) {
    advance(2s);
    tell(dispatcher, worker_heartbeat{{5}, {}});
  }
  written();
  CHECK(info().state() == static_cast<std::uint32_t>(task_state::dead));
}

TEST_CASE_METHOD(telling_shard, "to an earlier client a reserved task is running", "[shard]") {
  reserve(spec());
  CHECK(listed(task_state::reserved, true) == 1);
  CHECK(listed(task_state::running, true) == 0);
  CHECK(listed(task_state::running, false) == 1);
  CHECK(info().state() == static_cast<std::uint32_t>(task_state::running));
  wire::Request request;
  request.mutable_queues();
  ask(request);
  const auto queue = answers().back().queues().queues(0);
  CHECK(queue.counts(static_cast<int>(task_state::running) - 1) == 1);
  CHECK(queue.reserved() == 1);
}

TEST_CASE_METHOD(telling_shard, "a state that this version does not know matches no task",
                 "[shard]") {
  reserve(spec());
  CHECK(listed(static_cast<task_state>(9), true) == 0);
}

TEST_CASE_METHOD(telling_shard, "the dispatcher is asked to name the worker of a reserved task",
                 "[shard]") {
  reserve(spec());
  wire::Request request;
  request.mutable_explain()->set_id(id);
  ask(request);
  const auto requests = dispatcher.all<complete_answer>();
  REQUIRE(requests.size() == 1);
  const auto& explanation = requests[0].get_as<complete_answer>(0).answer.explanation();
  CHECK(explanation.reason() == "reserved");
  CHECK(explanation.task().session() == 5);
}
