// Which requests an overloaded shard refuses, and which it accepts nevertheless.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct overload_fixture : shard_fixture {
  void serve_with_tasks_max(std::size_t count) {
    auto chosen = options();
    chosen.submits.open_tasks_max = count;
    start(chosen);
    recover();
  }
  static task_spec with_priority(std::int32_t priority, std::size_t bytes = 6) {
    auto task = spec();
    task.priority = priority;
    task.payload.assign(bytes, 'x');
    return task;
  }
  /// Whether a task of that priority is refused.
  bool refuses(std::int32_t priority) {
    submit(with_priority(priority));
    const auto answers = submitted();
    const auto is_refused = !answers.empty() && answers.back().sequence() == sequence;
    if (is_refused)
      CHECK(answers.back().failure().code() == static_cast<std::uint32_t>(errc::overloaded));
    return is_refused;
  }
  [[nodiscard]] std::uint32_t retry_after() const {
    return submitted().back().failure().retry_after_ms();
  }
};

} // namespace

TEST_CASE_METHOD(overload_fixture,
                 "a shard with many unwritten bytes refuses lower priorities first", "[shard]") {
  serve_with_pending_max(10'000);
  submit(with_priority(1, 5'500));
  CHECK(refuses(-1));
  CHECK_FALSE(refuses(0));
  submit(with_priority(1, 2'500));
  CHECK(refuses(0));
  CHECK_FALSE(refuses(1));
  submit(with_priority(1, 2'500));
  CHECK(refuses(1));
  for (int batch = 0; batch < 2; ++batch)
    written();
  CHECK_FALSE(refuses(-1));
}

TEST_CASE_METHOD(overload_fixture,
                 "a shard with many open tasks refuses more until some are settled", "[shard]") {
  serve_with_tasks_max(4);
  accept(with_priority(0));
  accept(with_priority(0));
  CHECK(refuses(-1));
  const auto id = accept(with_priority(0));
  CHECK(refuses(0));
  accept(with_priority(1));
  CHECK(refuses(1));

  // The task of high priority is granted first.
  const auto token = grant_one();
  report(id + 1, token);
  written();
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
  CHECK(refuses(0));
  CHECK_FALSE(refuses(1));
}

TEST_CASE_METHOD(overload_fixture, "the lowest priority of a batch decides whether it is refused",
                 "[shard]") {
  serve_with_tasks_max(2);
  accept(with_priority(0));
  submit({with_priority(1), with_priority(-1)});
  CHECK(submitted().back().has_failure());
  submit({with_priority(1), with_priority(1)});
  written();
  CHECK_FALSE(submitted().back().has_failure());
}

TEST_CASE_METHOD(overload_fixture, "a full shard still acknowledges a batch that it has accepted",
                 "[shard]") {
  serve_with_tasks_max(1);
  const auto id = accept(with_priority(0));
  --sequence;
  submit(with_priority(0));
  REQUIRE_FALSE(submitted().back().has_failure());
  CHECK(submitted().back().outcomes(0).id() == id);
}

TEST_CASE_METHOD(overload_fixture,
                 "a full shard spreads the retries of the clients that it refuses", "[shard]") {
  serve_with_tasks_max(1);
  accept(with_priority(0));
  REQUIRE(refuses(0));
  CHECK(retry_after() == 100);
  REQUIRE(refuses(0));
  CHECK(retry_after() == 110);
  REQUIRE(refuses(1));
  CHECK(retry_after() == 100);
}

TEST_CASE_METHOD(overload_fixture, "a full shard still cancels tasks and answers requests",
                 "[shard]") {
  serve_with_tasks_max(1);
  const auto id = accept(with_priority(0));
  wire::Request request;
  request.mutable_cancel()->set_id(id);
  ask(request);
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].has_done());
  CHECK_FALSE(refuses(0));
}

TEST_CASE_METHOD(overload_fixture,
                 "queries are refused while too many answers wait, commands are not", "[shard]") {
  auto chosen = options();
  chosen.limits.pending_answers_bytes_max = 100;
  start(chosen);
  recover();
  const auto id = accept(with_priority(0, 200));
  submit(with_priority(0)); // In flight: later answers wait for it.
  wire::Request query;
  query.mutable_get()->set_id(id);
  ask(query);
  CHECK(answers().empty());
  ask(query);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(answers()[0].failure().retry_after_ms() > 0);

  wire::Request command;
  command.mutable_cancel()->set_id(id);
  ask(command);
  for (int batch = 0; batch < 2; ++batch)
    written();
  CHECK(answers().size() == 3);
  ask(query);
  CHECK(answers().size() == 4);
}
