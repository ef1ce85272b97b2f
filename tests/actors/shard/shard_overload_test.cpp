// What a shard refuses while it is busy, and what it does nevertheless.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct overload_fixture : shard_fixture {
  void serve_with_room_for_tasks(std::size_t count) {
    auto with = options();
    with.submits.open_tasks_max = count;
    start(with);
    recover();
  }
  static task_spec with_priority(std::int32_t priority, std::size_t bytes = 6) {
    auto one = spec();
    one.priority = priority;
    one.payload.assign(bytes, 'x');
    return one;
  }
  /// Whether a task of that priority is refused.
  bool refuses(std::int32_t priority) {
    submit(with_priority(priority));
    const auto said = submitted();
    const auto is_refused = !said.empty() && said.back().sequence() == sequence;
    if (is_refused)
      CHECK(said.back().failure().code() == static_cast<std::uint32_t>(errc::overloaded));
    return is_refused;
  }
  [[nodiscard]] std::uint32_t pause() const {
    return submitted().back().failure().retry_after_ms();
  }
};

} // namespace

TEST_CASE_METHOD(overload_fixture, "a shard with much to write refuses lower priorities first",
                 "[shard]") {
  serve_with_room_for(10'000);
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

TEST_CASE_METHOD(overload_fixture, "a shard with many tasks refuses more until some are settled",
                 "[shard]") {
  serve_with_room_for_tasks(4);
  accept(with_priority(0));
  accept(with_priority(0));
  CHECK(refuses(-1));
  const auto id = accept(with_priority(0));
  CHECK(refuses(0));
  accept(with_priority(1));
  CHECK(refuses(1));

  // The one of high priority goes first.
  const auto token = grant_one();
  report(id + 1, token);
  written();
  CHECK(worker.all<report_ack_atom, envelope>().size() == 1);
  CHECK(refuses(0));
  CHECK_FALSE(refuses(1));
}

TEST_CASE_METHOD(overload_fixture, "a batch is refused with its lowest priority", "[shard]") {
  serve_with_room_for_tasks(2);
  accept(with_priority(0));
  submit({with_priority(1), with_priority(-1)});
  CHECK(submitted().back().has_failure());
  submit({with_priority(1), with_priority(1)});
  written();
  CHECK_FALSE(submitted().back().has_failure());
}

TEST_CASE_METHOD(overload_fixture, "what a shard has accepted it acknowledges though it is full",
                 "[shard]") {
  serve_with_room_for_tasks(1);
  const auto id = accept(with_priority(0));
  --sequence;
  submit(with_priority(0));
  REQUIRE_FALSE(submitted().back().has_failure());
  CHECK(submitted().back().outcomes(0).id() == id);
}

TEST_CASE_METHOD(overload_fixture, "those whom a full shard refuses get a turn each", "[shard]") {
  serve_with_room_for_tasks(1);
  accept(with_priority(0));
  REQUIRE(refuses(0));
  CHECK(pause() == 100);
  REQUIRE(refuses(0));
  CHECK(pause() == 110);
  REQUIRE(refuses(1));
  CHECK(pause() == 100);
}

TEST_CASE_METHOD(overload_fixture, "a full shard cancels, and answers who asks", "[shard]") {
  serve_with_room_for_tasks(1);
  const auto id = accept(with_priority(0));
  wire::Request about;
  about.mutable_cancel()->set_id(id);
  ask(about);
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].has_done());
  CHECK_FALSE(refuses(0));
}

TEST_CASE_METHOD(overload_fixture, "questions wait while too many answers do, orders do not",
                 "[shard]") {
  auto with = options();
  with.limits.pending_answers_bytes_max = 100;
  start(with);
  recover();
  const auto id = accept(with_priority(0, 200));
  submit(with_priority(0)); // Being written: what is answered now waits for it.
  wire::Request question;
  question.mutable_get()->set_id(id);
  ask(question);
  CHECK(answers().empty());
  ask(question);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::unavailable));
  CHECK(answers()[0].failure().retry_after_ms() > 0);

  wire::Request order;
  order.mutable_cancel()->set_id(id);
  ask(order);
  for (int batch = 0; batch < 2; ++batch)
    written();
  CHECK(answers().size() == 3);
  ask(question);
  CHECK(answers().size() == 4);
}
