// What a grant says of a task beside its kind and payload.
#include "shard_fixture.hpp"

using namespace belfry;

namespace {

struct grants_fixture : shard_fixture {
  wire::Run granted(task_spec task) {
    const auto queue = task.queue;
    accept(std::move(task));
    attach(worker);
    tell(dispatcher, grant_tasks{{5}, queue, "wash", 1});
    written();
    return grants().back().runs(0);
  }
};

} // namespace

TEST_CASE_METHOD(grants_fixture, "a grant says nothing of what is usual", "[shard]") {
  serve();
  const auto message = granted(spec());
  CHECK(message.queue().empty());
  CHECK(message.key().empty());
  CHECK(message.schedule().empty());
  CHECK_FALSE(message.has_nominal_ms());
  CHECK_FALSE(message.is_last_attempt());
}

TEST_CASE_METHOD(grants_fixture, "a grant has the queue and the key of its task", "[shard]") {
  serve();
  auto task = spec();
  task.queue = "laundry";
  task.key = "order 7";
  const auto message = granted(task);
  CHECK(message.queue() == "laundry");
  CHECK(message.key() == "order 7");
}

TEST_CASE_METHOD(grants_fixture, "a grant says which attempt is the last", "[shard]") {
  serve();
  auto task = spec();
  task.retry.attempts_max = 2;
  task.retry.delay_min = task.retry.delay_max = duration{0};
  const auto first = granted(task);
  CHECK_FALSE(first.is_last_attempt());
  report(first.task(), first.token(), wire::RunOutcome::FAILED);
  written();
  advance(duration{10}); // The task is due at once.

  grant_one();

  const auto second = grants().back().runs(0);
  REQUIRE(second.task() == first.task());
  CHECK(second.attempt() == 2);
  CHECK(second.is_last_attempt());
}
