// How a shard carries out changes of tasks that wait.
#include "shard_fixture.hpp"

using namespace belfry;

namespace {

struct shard_changes_fixture : shard_fixture {
  /// A request to run the task now, as a client numbers it.
  static wire::Request run_now(std::uint64_t id, std::uint64_t command) {
    wire::Request request;
    request.set_command(command);
    request.mutable_change()->set_id(id);
    request.mutable_change()->mutable_change()->set_delay_ms(0);
    return request;
  }
};

} // namespace

TEST_CASE_METHOD(shard_changes_fixture, "a task that is to run now is granted, and its client told",
                 "[shard]") {
  serve();
  const auto id = accept(spec(duration{60'000}));
  attach(worker);
  ask(run_now(id, 7));
  CHECK(answers().empty()); // Not before it is written.
  written();
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].has_done());
  advance(duration{50});
  request_grant();
  written();
  REQUIRE(grants().size() == 1);
  CHECK(grants()[0].runs(0).task() == id);
}

TEST_CASE_METHOD(shard_changes_fixture, "a change that comes again has the same answer",
                 "[shard]") {
  serve();
  const auto id = accept(spec(duration{60'000}));
  ask(run_now(id, 7));
  written();
  advance(duration{50});
  (void)grant_one();
  client.received().clear();
  ask(run_now(id, 7));
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].has_done());

  client.received().clear();
  ask(run_now(id, 8));
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::wrong_state));
  CHECK(answers()[0].failure().what() ==
        "task 2-1 is running, only a task that waits (scheduled or ready) can be changed");
}

TEST_CASE_METHOD(shard_changes_fixture, "a changed payload and priority are written and shown",
                 "[shard]") {
  serve();
  const auto id = accept(spec(duration{60'000}));
  auto request = run_now(id, 7);
  request.mutable_change()->mutable_change()->clear_delay_ms();
  request.mutable_change()->mutable_change()->set_payload("stockings");
  request.mutable_change()->mutable_change()->set_priority(5);
  ask(request);
  CHECK(batches().back().level == durability::durable);
  written();
  client.received().clear();
  wire::Request get;
  get.mutable_get()->set_id(id);
  ask(get);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].task().payload() == "stockings");
  CHECK(answers()[0].task().priority() == 5);
}

TEST_CASE_METHOD(shard_changes_fixture, "a client that waits for a task hears of its deletion",
                 "[shard]") {
  serve();
  const auto id = accept(spec(duration{60'000}));
  wire::Request wait;
  wait.mutable_wait()->set_id(id);
  ask(wait);
  wire::Request deletion;
  deletion.set_command(7);
  deletion.mutable_change()->set_id(id);
  deletion.mutable_change()->set_is_deleted(true);
  ask(deletion);
  CHECK(answers().empty());
  written();
  const auto told = answers();
  REQUIRE(told.size() == 2);
  const auto& outcome = told[told[0].has_task() ? 0 : 1];
  CHECK(outcome.task().state() == static_cast<std::uint32_t>(task_state::cancelled));
  CHECK(told[told[0].has_task() ? 1 : 0].has_done());

  client.received().clear();
  wire::Request get;
  get.mutable_get()->set_id(id);
  ask(get);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::forgotten));
}

TEST_CASE_METHOD(shard_changes_fixture,
                 "a bulk command leaves a task alone that was changed since it was listed",
                 "[shard]") {
  serve();
  const auto id = accept(spec(duration{60'000}));
  const auto refuses = [&](const wire::Request& request) {
    client.received().clear();
    ask(request);
    written();
    REQUIRE(answers().size() == 1);
    return answers()[0].failure().code() == static_cast<std::uint32_t>(errc::wrong_state);
  };
  wire::Request deletion;
  deletion.set_command(7);
  deletion.mutable_change()->set_id(id);
  deletion.mutable_change()->set_is_deleted(true);
  deletion.mutable_only_if()->add_states(static_cast<std::uint32_t>(task_state::dead));
  CHECK(refuses(deletion));
  wire::Request cancel;
  cancel.mutable_cancel()->set_id(id);
  cancel.mutable_only_if()->set_queue("another");
  CHECK(refuses(cancel));

  deletion.mutable_only_if()->set_states(0, static_cast<std::uint32_t>(task_state::scheduled));
  CHECK_FALSE(refuses(deletion));
  CHECK_FALSE(refuses(deletion)); // Again: no answer came.
}

TEST_CASE_METHOD(shard_changes_fixture, "a bulk cancel that comes again has the same answer",
                 "[shard]") {
  serve();
  wire::Request cancel;
  cancel.mutable_cancel()->set_id(accept(spec(duration{60'000})));
  cancel.mutable_only_if()->add_states(static_cast<std::uint32_t>(task_state::scheduled));
  ask(cancel);
  written();
  ask(cancel);
  written();
  REQUIRE(answers().size() == 2);
  CHECK(answers()[1].failure().code() == answers()[0].failure().code());
}

TEST_CASE_METHOD(shard_changes_fixture, "a schedule is paused, triggered and shown", "[shard]") {
  serve();
  wire::Request put;
  auto& schedule = *put.mutable_put_schedule();
  schedule.set_name("nightly");
  schedule.mutable_when()->set_line("0 3 * * *");
  wire::write(spec(), *schedule.mutable_task());
  ask(put);
  written();
  wire::Request change;
  change.set_command(7);
  change.mutable_change_schedule()->set_name("nightly");
  change.mutable_change_schedule()->set_is_paused(true);
  ask(change);
  written();
  change.set_command(8);
  change.mutable_change_schedule()->clear_is_paused();
  change.mutable_change_schedule()->set_is_triggered(true);
  ask(change);
  written();
  ask(change); // Again: no answer came.
  client.received().clear();
  wire::Request list;
  list.mutable_schedules();
  ask(list);
  REQUIRE(answers().size() == 1);
  const auto shown = answers()[0].schedules().schedules(0);
  CHECK(shown.is_paused());
  CHECK(shown.fired() == 1);

  client.received().clear();
  change.mutable_change_schedule()->set_is_paused(true);
  ask(change);
  REQUIRE(answers().size() == 1);
  CHECK(answers()[0].failure().code() == static_cast<std::uint32_t>(errc::invalid_argument));
}
