// What a shard says of itself to the metrics collector.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct metrics_fixture : shard_fixture {
  test::probe collector{system};
  std::shared_ptr<task_counters> counters = std::make_shared<task_counters>();

  metrics_fixture() { adopt(collector.actor()); }

  void serve_counted() {
    auto counted = options();
    counted.counters = counters;
    start(counted);
    recover();
  }
  shard_metrics collect() {
    tell(collector, collect_metrics{.number = 7});
    const auto answers = collector.all<shard_collected>();
    REQUIRE_FALSE(answers.empty());
    const auto& answer = answers.back().get_as<shard_collected>(0);
    CHECK(answer.number == 7);
    return answer.metrics;
  }
  const event_counts& counts() { return counters->at("default", "wash"); }
};

} // namespace

TEST_CASE_METHOD(metrics_fixture, "a shard counts its tasks, and says how many wait", "[shard]") {
  serve_counted();
  const auto id = accept(spec());
  accept(spec());
  advance(2s);
  report(id, grant_one());
  written();

  const auto said = collect();
  CHECK(said.shard == shard_id{number});
  CHECK(said.is_serving);
  REQUIRE(said.lanes.size() == 1);
  CHECK(said.lanes[0].count == 1);
  CHECK(said.at - *said.lanes[0].oldest_due == 2s);
  REQUIRE(said.queues.size() == 1);
  CHECK(said.queues[0].settings.queue == "default");
  const auto& counted = said.counters.all().at({"default", "wash"});
  CHECK(counted.submitted == 2);
  CHECK(counted.started == 1);
  CHECK(counted.start_delay.sum_ms() == 2'000);
  CHECK(counted.settled[static_cast<std::size_t>(task_state::succeeded)] == 1);
}

TEST_CASE_METHOD(metrics_fixture, "a shard that is not asked to counts nothing", "[shard]") {
  serve();
  accept(spec());
  CHECK(collect().counters.all().empty());
  CHECK(collect().lanes.at(0).count == 1);
}

TEST_CASE_METHOD(metrics_fixture, "a shard answers while its storage does not", "[shard]") {
  serve_counted();
  submit(spec());
  CHECK(collect().write_pending == 0s);
  advance(3s);
  CHECK(collect().write_pending == 3s);
  written();
  CHECK(collect().write_pending == 0s);
}

TEST_CASE_METHOD(metrics_fixture, "a shard says why the storage refuses a batch", "[shard]") {
  serve_counted();
  submit(spec());
  refuse_write(storage_code::no_space, "the disk is full");
  CHECK(collect().write_refusal == "the disk is full");
}

TEST_CASE_METHOD(metrics_fixture, "a shard that recovers says so, with what it has counted",
                 "[shard]") {
  counters->at("default", "wash").submitted = 5;
  auto counted = options();
  counted.counters = counters;
  start(counted);
  const auto said = collect();
  CHECK_FALSE(said.is_serving);
  CHECK(said.queues.empty());
  CHECK(said.counters.all().at({"default", "wash"}).submitted == 5);
}

TEST_CASE_METHOD(metrics_fixture, "a handler that begins is counted before it ends", "[shard]") {
  serve_counted();
  const auto id = accept(spec());
  tell(dispatcher,
       worker_attached{.session = {5}, .worker = worker.actor(), .held = {}, .tells_begin = true});
  request_grant();
  written();
  const auto token = grants().back().runs(0).token();
  CHECK(counts().started == 0);
  tell(dispatcher,
       worker_heartbeat{
           .session = {5}, .progress = {}, .begun = {{{id}, {token}, 0ms}}, .number = 1});
  CHECK(counts().started == 1);
}

TEST_CASE_METHOD(metrics_fixture, "stale outcomes and refused batches are counted", "[shard]") {
  auto limited = options();
  limited.counters = counters;
  limited.limits.pending_bytes_max = 10;
  start(limited);
  recover();
  submit(spec());
  submit(spec());
  CHECK(counters->refused_batches().at(errc::overloaded) == 1);
  attach(worker);
  report(task_id::of({number}, 999).value, 1);
  CHECK(counters->stale_outcomes() == 1);
}
