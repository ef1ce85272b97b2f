#include "client/bulk_requests.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("each request of a bulk command says which tasks the command is for", "[client]") {
  wire::ListTasks filter;
  filter.set_queue("mail");
  filter.set_schedule("nightly");
  wire::TaskList page;
  const auto id = task_id::of({2}, 7);
  page.add_tasks()->set_id(id.value);
  page.mutable_tasks(0)->set_schedule("nightly");
  page.add_tasks()->set_id(task_id::of({2}, 8).value); // Listed by an earlier version.

  const auto requests = internal::requests_for(page, filter, [](wire::Request& to, task_id task) {
    to.mutable_cancel()->set_id(task.value);
  });
  REQUIRE(requests.size() == 1);
  const auto& request = requests[0].request;
  CHECK(request.shard() == 2);
  CHECK(request.cancel().id() == id.value);
  CHECK(request.only_if().queue() == "mail");
  CHECK(request.only_if().schedule() == "nightly");
}
