#include "client_fixture.hpp"

#include <caf/exit_reason.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(client_fixture, "a client says hello and is ready when it is welcome",
                 "[client]") {
  start();
  CHECK(dials == 1);
  REQUIRE(hellos() == 1);
  CHECK(messages_of<wire::Hello, hello_atom>()[0].protocol_version() == protocol_version);

  ask_ready();
  CHECK(answers.empty());
  welcome();
  CHECK(answers == std::vector<std::string>{"ready 4"});
}

TEST_CASE_METHOD(client_fixture, "nothing is sent before the welcome", "[client]") {
  start();
  submit("a");
  ask(5);
  CHECK(submits().empty());
  CHECK(requests().empty());
  welcome();
  CHECK(submits().size() == 1);
  CHECK(requests().size() == 1);
}

TEST_CASE_METHOD(client_fixture, "a submission is answered once it is accepted", "[client]") {
  start_welcome();
  submit("a");
  REQUIRE(submits().size() == 1);
  CHECK(router.all<submit_atom, envelope>()[0].get_as<envelope>(1).shard == submits()[0].shard());
  CHECK(answers.empty());
  tell<submitted_atom>(accepted(submits()[0]));
  CHECK(answers == std::vector<std::string>{"a 1-10"});
}

TEST_CASE_METHOD(client_fixture, "calls that come together go out together", "[client]") {
  start_welcome();
  for (const auto* kind : {"a", "b", "c"})
    inbox->submit({task_of(kind), {}});
  run();
  REQUIRE(submits().size() == 1);
  CHECK(submits()[0].tasks_size() == 3);
}

TEST_CASE_METHOD(client_fixture, "an actor submits with a message", "[client]") {
  start_welcome();
  std::string outcome_text;
  auto asker = adopt(system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->request(client, caf::infinite, submit_atom::value, task_of("a"))
        .then([&](const submitted& answer) { outcome_text = to_string(answer.id); },
              [&](const caf::error& why) { outcome_text = to_failure(why).what; });
    return {[](int) {}};
  }));
  run();
  SECTION("accepted") {
    tell<submitted_atom>(accepted(submits().at(0)));
    CHECK(outcome_text == "1-10");
  }
  SECTION("refused") {
    auto answer = accepted(submits().at(0));
    answer.mutable_outcomes(0)->mutable_failure()->set_code(1);
    answer.mutable_outcomes(0)->mutable_failure()->set_what("kind is empty");
    tell<submitted_atom>(answer);
    CHECK(outcome_text == "kind is empty");
  }
}

TEST_CASE_METHOD(client_fixture, "after a broken connection the same sequence goes out again",
                 "[client]") {
  start_welcome();
  submit("a");
  ask(5);
  const auto before = submits().at(0);

  break_connection();
  advance(1s);
  CHECK(dials == 2);
  CHECK(hellos() == 1);
  CHECK(submits().empty());
  welcome();

  REQUIRE(submits().size() == 1);
  CHECK(submits()[0].client() == before.client());
  CHECK(submits()[0].sequence() == before.sequence());
  REQUIRE(requests().size() == 1);
  CHECK(requests()[0].get().id() == 5);
  tell<submitted_atom>(accepted(before));
  tell<submitted_atom>(accepted(before)); // The old connection's answer, too.
  CHECK(answers == std::vector<std::string>{"a 1-10"});
}

TEST_CASE_METHOD(client_fixture, "calls that wait for a connection fail with the reason",
                 "[client]") {
  is_reachable = false;
  start();
  ask_ready();
  advance(1s);
  CHECK(answers == std::vector<std::string>{"no node answers at here:7: nobody listens"});
}

TEST_CASE_METHOD(client_fixture, "a client reconnects with exponential backoff", "[client]") {
  is_reachable = false;
  start();
  advance(1s);
  CHECK(dials >= 4);
  const auto at_first = dials;
  advance(60s);
  CHECK(dials >= at_first + 10);
  CHECK(dials <= at_first + 30);

  is_reachable = true;
  advance(5s);
  CHECK(hellos() == 1);
}

TEST_CASE_METHOD(client_fixture, "a router that does not answer Hello with Welcome is abandoned",
                 "[client]") {
  start();
  CHECK(dials == 1);
  ask_ready();
  advance(options.connect_timeout + 1s);
  CHECK(dials == 2);
  CHECK(answers == std::vector<std::string>{"the node at here:7 sends no Welcome"});
}

TEST_CASE_METHOD(client_fixture, "a refused client fails what is open, with the reason",
                 "[client]") {
  start();
  submit("a");
  ask(5);
  ask_ready();
  wire::Welcome word;
  word.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::unavailable));
  word.mutable_failure()->set_what("protocol version 1, expected 2");
  tell<welcome_atom>(word);
  CHECK(answers ==
        std::vector<std::string>{"protocol version 1, expected 2", "unavailable", "a unavailable"});
}

TEST_CASE_METHOD(client_fixture,
                 "a client backs off from an overloaded shard for as long as the shard asks",
                 "[client]") {
  start_welcome();
  submit("a");
  auto answer = accepted(submits().at(0));
  answer.clear_outcomes();
  answer.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::overloaded));
  answer.mutable_failure()->set_retry_after_ms(2'000);
  tell<submitted_atom>(answer);
  advance(1'900ms);
  CHECK(submits().size() == 1);
  advance(200ms);
  REQUIRE(submits().size() == 2);
  CHECK(submits()[1].sequence() == submits()[0].sequence());
  tell<submitted_atom>(accepted(submits()[1]));
  CHECK(answers == std::vector<std::string>{"a 1-10"});
}

TEST_CASE_METHOD(client_fixture, "an unanswered message is resent", "[client]") {
  start_welcome();
  submit("a");
  ask(5);
  advance(options.resend + 1s);
  REQUIRE(submits().size() == 2);
  CHECK(submits()[1].sequence() == submits()[0].sequence());
  CHECK(requests().size() == 2);
}

TEST_CASE_METHOD(client_fixture, "damaged and foreign messages change nothing", "[client]") {
  start_welcome();
  submit("a");
  caf::anon_send(client, submitted_atom::value, envelope{{'x', 'y'}, 0});
  caf::anon_send(client, response_atom::value, envelope{{}, 0});
  caf::anon_send(client, welcome_atom::value, envelope{{'z'}, 0});
  caf::anon_send(client, std::string{"hello"}, 5);
  run();
  tell<submitted_atom>(accepted(submits().at(0)));
  CHECK(answers == std::vector<std::string>{"a 1-10"});
}

TEST_CASE_METHOD(client_fixture, "a flush is answered after the submissions before it",
                 "[client]") {
  start_welcome();
  submit("a");
  inbox->push(flush_call{[this](result<done>) { answers.push_back("flushed"); }});
  run();
  CHECK(answers.empty());
  tell<submitted_atom>(accepted(submits().at(0)));
  CHECK(answers == std::vector<std::string>{"a 1-10", "flushed"});
}

TEST_CASE_METHOD(client_fixture, "a node with another number of shards is refused", "[client]") {
  start_welcome();
  submit("a");
  break_connection();
  advance(1s);
  welcome(shard_count + 1);
  CHECK(answers == std::vector<std::string>{"a unavailable"});
}

TEST_CASE_METHOD(client_fixture, "a client that ends fails what is open", "[client]") {
  start_welcome();
  submit("a");
  ask(5);
  caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
  run();
  CHECK(answers == std::vector<std::string>{"cancelled", "a cancelled"});
  submit("b");
  CHECK(answers.back() == "b cancelled");
}
