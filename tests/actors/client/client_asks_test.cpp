#include "client_fixture.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(client_fixture, "a change has a number of its own, the same when it is resent",
                 "[client]") {
  start_welcome();
  for (int i = 0; i < 2; ++i) {
    request_call call;
    call.request.mutable_change()->set_id(5);
    call.on_result = [](const result<wire::Response>&) {};
    inbox->push(std::move(call));
  }
  run();
  advance(options.resend + 1s);
  REQUIRE(requests().size() == 4);
  CHECK(requests()[0].command() != 0);
  CHECK(requests()[0].command() != requests()[1].command());
  CHECK(requests()[2].command() == requests()[0].command());
  CHECK(requests()[3].command() == requests()[1].command());
}

TEST_CASE_METHOD(client_fixture, "a request fails when its timeout ends", "[client]") {
  start_welcome();
  ask(5, 2s);
  advance(1'500ms);
  CHECK(answers.empty());
  advance(1s);
  CHECK(answers == std::vector<std::string>{"timed_out"});
}

TEST_CASE_METHOD(client_fixture, "a request about a schedule goes to the schedule's shard",
                 "[client]") {
  start_welcome();
  ask(0, 30s, "nightly");
  CHECK(requests().at(0).shard() == wire::shard_of_schedule("nightly", shard_count));
}

TEST_CASE_METHOD(client_fixture, "a request about a node reaches it while no shard has an owner",
                 "[client]") {
  start();
  wire::Welcome word;
  word.set_shard_count(1);
  word.mutable_cluster()->set_reported_by(7);
  word.mutable_cluster()->add_nodes()->set_member(7);
  word.mutable_cluster()->add_owners(0);
  tell<welcome_atom>(word);
  ask(5);
  CHECK(requests().empty());
  std::array<wire::Request, 5> about_node;
  about_node[0].mutable_status();
  about_node[1].mutable_health();
  about_node[2].mutable_cluster();
  about_node[3].mutable_drain();
  about_node[4].mutable_backup();
  for (auto& request : about_node)
    inbox->push(request_call{.request = request,
                             .schedule_name = {},
                             .request_timeout = 30s,
                             .on_result = [](const result<wire::Response>&) {},
                             .group = 0});
  run();
  CHECK(requests().size() == about_node.size());
}
