// How a shard answers the clients that wait for its tasks.
#include "shard_fixture.hpp"

#include "task/state/watched_tasks.hpp"

using namespace belfry;

namespace {

constexpr std::uint64_t correlation_of_fixture = 99;

struct waits_fixture : shard_fixture {
  void serve_with_settled_kept(std::size_t count) {
    auto chosen = options();
    chosen.limits.settled_kept_max = count;
    start(chosen);
    recover();
    keeper.received().clear();
    log.clear();
  }
  void wait_for(std::uint64_t task) {
    wire::Request request;
    request.mutable_wait()->set_id(task);
    ask(request);
  }
  void cancel(std::uint64_t task) {
    wire::Request request;
    request.mutable_cancel()->set_id(task);
    ask(request);
  }
  /// The answers to waits so far, as `2-1 cancelled` or the name of a failure.
  [[nodiscard]] std::vector<std::string> outcomes() const {
    std::vector<std::string> told;
    for (const auto& answer : answers()) {
      if (answer.has_task())
        told.push_back(to_string(task_id{answer.task().id()}) + " " +
                       std::string{to_string(wire::read(answer.task()).state)});
      else if (answer.has_failure())
        told.push_back(std::string{to_string(wire::read(answer.failure()).code)});
    }
    return told;
  }
  void report_both(std::uint64_t first, std::uint64_t second) {
    wire::Report report;
    report.set_session(5);
    report.set_shard(number);
    report.set_sequence(1);
    const auto granted = grants().back();
    for (const auto& run : granted.runs()) {
      REQUIRE((run.task() == first || run.task() == second));
      auto& outcome = *report.add_outcomes();
      outcome.set_task(run.task());
      outcome.set_token(run.token());
    }
    tell_sealed(worker, report_atom::value, report);
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(waits_fixture,
                 "a wait gets its outcome though the shard forgets the task in the same moment",
                 "[shard]") {
  serve_with_settled_kept(1);
  const auto first = accept(spec());
  const auto second = accept(spec());
  wait_for(first);
  attach(worker);
  tell(dispatcher, grant_tasks{{5}, "default", "wash", 2});
  written();
  report_both(first, second);
  written();
  REQUIRE(outcomes() == texts{"2-1 succeeded"});
  CHECK(answers()[0].correlation() == correlation_of_fixture);
}

TEST_CASE_METHOD(waits_fixture,
                 "a wait that is repeated gets its outcome again, though the task is forgotten",
                 "[shard]") {
  serve_with_settled_kept(1);
  const auto first = accept(spec());
  const auto second = accept(spec());
  wait_for(first);
  cancel(first);
  written();
  REQUIRE(outcomes() == texts{"2-1 cancelled"});
  cancel(second); // The shard forgets the first.
  written();
  client.received().clear(); // The connection has broken before the answer was read.
  wait_for(first);
  CHECK(outcomes() == texts{"2-1 cancelled"});
  wait_for(task_id::of({number}, 99).value);
  CHECK(outcomes() == texts{"2-1 cancelled", "not_found"});
}

TEST_CASE_METHOD(waits_fixture,
                 "a wait gets its outcome after an outage longer than outcomes are kept",
                 "[shard]") {
  serve_with_settled_kept(1);
  const auto first = accept(spec());
  const auto second = accept(spec());
  accept(spec(watched_tasks::answer_kept + duration{1'000})); // Its timer expires old answers.
  wait_for(first);
  cancel(first);
  refuse_write(storage_code::unavailable, "gone");
  cancel(second); // The shard forgets the first.
  advance(watched_tasks::answer_kept + duration{2'000});
  written();
  client.received().clear(); // The connection has broken before the answer was read.
  wait_for(first);
  written();
  written();
  REQUIRE_FALSE(outcomes().empty());
  CHECK(outcomes().back() == "2-1 cancelled");
}

TEST_CASE_METHOD(waits_fixture, "a task that nobody waited for is forgotten", "[shard]") {
  serve_with_settled_kept(1);
  const auto first = accept(spec());
  const auto second = accept(spec());
  for (const auto id : {first, second}) {
    cancel(id);
    written();
  }
  client.received().clear();
  wait_for(first);
  CHECK(outcomes() == texts{"forgotten"});
  wire::Request get;
  get.mutable_get()->set_id(first);
  ask(get);
  CHECK(outcomes() == texts{"forgotten", "forgotten"});
}

TEST_CASE_METHOD(waits_fixture, "a wait for a task that dies and is requeued at once goes on",
                 "[shard]") {
  serve();
  auto fragile = spec();
  fragile.retry.attempts_max = 1;
  const auto id = accept(fragile);
  const auto token = grant_one();
  wait_for(id);
  set_weight(2); // A write is in flight while the task dies.
  report(id, token, wire::RunOutcome::FAILED);
  wire::Request requeue;
  requeue.mutable_requeue()->set_id(id);
  ask(requeue);
  client.received().clear();
  written();
  written();
  CHECK(outcomes() == texts{});
  cancel(id);
  written();
  CHECK(outcomes() == texts{"2-1 cancelled"});
}
