// A client that waits for several tasks.
#include "own_node.hpp"

#include <string>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct batch_fixture : test::own_node {
  static task_spec echo(std::string payload) {
    task_spec task;
    task.kind = "echo";
    task.payload = std::move(payload);
    return task;
  }
  static handler_registry echoing() {
    handler_registry handlers;
    handlers.on("echo", [](run& current) { return current.payload(); });
    return handlers;
  }
};

} // namespace

TEST_CASE_METHOD(batch_fixture, "a batch is waited for at once, with an outcome per task in order",
                 "[client]") {
  const auto tower = start(options(2), echoing());
  const auto user = client_of(*tower);
  std::vector<task_spec> specs;
  for (int number = 0; number < 50; ++number)
    specs.push_back(echo(std::to_string(number)));
  std::vector<task_id> ids;
  for (const auto& accepted : user->submit_many(specs))
    ids.push_back(accepted.value().id);

  const auto settled = user->tasks().wait_all(ids);

  REQUIRE(settled.size() == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    REQUIRE(settled[i].ok());
    CHECK(settled[i]->id == ids[i]);
    CHECK(settled[i]->output == std::to_string(i));
  }
}

TEST_CASE_METHOD(batch_fixture, "a wait for a batch has one time limit, and keeps what is known",
                 "[client]") {
  const auto tower = start(options(1), echoing());
  const auto user = client_of(*tower);
  auto later = echo("later");
  later.delay = 24h;
  const auto done_soon = user->submit(echo("soon")).value().id;
  const auto never_run = user->submit(later).value().id;
  REQUIRE(user->tasks().wait(done_soon).ok());
  const auto never_given = task_id::of(done_soon.shard(), 0xffff'ffff'ffff);
  const task_id of_no_shard = task_id::of({999}, 1);

  const auto settled =
      user->tasks().wait_all({never_run, done_soon, never_given, of_no_shard}, 300ms);

  REQUIRE(settled.size() == 4);
  CHECK(settled[0].error().code == errc::timed_out);
  CHECK(settled[1].value().output == "soon");
  CHECK(settled[2].error().code == errc::not_found);
  CHECK(settled[3].error().code == errc::not_found);
}

TEST_CASE_METHOD(batch_fixture, "a wait for no task ends at once", "[client]") {
  const auto tower = start(options());
  CHECK(client_of(*tower)->tasks().wait_all({}).empty());
}
