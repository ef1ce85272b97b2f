#include "client/client_actor.hpp"

#include "support/actor_fixture.hpp"
#include "support/answers.hpp"
#include "wire/envelope.hpp"
#include "wire/messages.pb.h"
#include "wire/shard_of.hpp"

#include <caf/exit_reason.hpp>
#include <caf/node_id.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A client whose transport and router are the test's.
class client_fixture : protected test::actor_fixture {
protected:
  static constexpr std::uint32_t shard_count = 4;

  client_fixture() {
    options.addresses = {{"here", 7}};
    options.inbox = inbox;
    adopt(router.actor());
    options.transport = adopt(system.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](caf::connect_atom, const std::string& host, std::uint16_t port)
                  -> caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>> {
        ++dials;
        CHECK(host == "here");
        CHECK(port == 7);
        if (!is_reachable)
          return to_error({errc::unavailable, "nobody listens"});
        return {caf::node_id{}, caf::actor_cast<caf::strong_actor_ptr>(router.actor()),
                std::set<std::string>{}};
      }};
    }));
  }

  void start() {
    client = adopt(spawn_client(system, options));
    run();
  }

  void start_welcome() {
    start();
    welcome();
  }

  template <class Atom>
  void tell(const google::protobuf::MessageLite& word) {
    caf::anon_send(client, Atom::value, envelope{wire::seal(word), 0});
    run();
  }

  void welcome(std::uint32_t shards = shard_count) {
    wire::Welcome word;
    word.set_node("test");
    word.set_shard_count(shards);
    tell<welcome_atom>(word);
  }

  /// The router dies: the client hears that its connection broke.
  void break_connection() {
    caf::anon_send_exit(router.actor(), caf::exit_reason::kill);
    run();
    router = test::probe{system};
    adopt(router.actor());
  }

  static task_spec task_of(const std::string& kind) {
    task_spec task;
    task.kind = kind;
    return task;
  }

  void submit(const std::string& kind) {
    inbox->submit({task_of(kind), [this, kind](result<submitted> answer) {
                     answers.push_back(kind + " " + outcome(answer));
                   }});
    run();
  }

  void ask(std::uint64_t task, duration patience = 30s, const std::string& schedule_name = "") {
    request_call call;
    call.request.mutable_get()->set_id(task);
    call.schedule_name = schedule_name;
    call.request_timeout = patience;
    call.on_result = [this](result<wire::Response> answer) {
      answers.push_back(answer ? "task " + std::to_string(answer->task().id())
                               : std::string{to_string(answer.error().code)});
    };
    inbox->push(std::move(call));
    run();
  }

  void ask_ready() {
    inbox->push(ready_call{[this](result<std::uint32_t> answer) {
      answers.push_back(answer ? "ready " + std::to_string(*answer) : answer.error().what);
    }});
    run();
  }

  static std::string outcome(const result<submitted>& answer) {
    return answer ? to_string(answer->id) : std::string{to_string(answer.error().code)};
  }

  template <class Message, class Atom>
  std::vector<Message> messages_of() {
    std::vector<Message> messages;
    for (const caf::message& message : router.all<Atom, envelope>()) {
      messages.emplace_back();
      REQUIRE(wire::open(message.get_as<envelope>(1).bytes, messages.back()));
    }
    return messages;
  }
  std::vector<wire::Submit> submits() { return messages_of<wire::Submit, submit_atom>(); }
  std::vector<wire::Request> requests() { return messages_of<wire::Request, request_atom>(); }
  std::size_t hellos() { return messages_of<wire::Hello, hello_atom>().size(); }

  static wire::Submitted accepted(const wire::Submit& to) {
    auto answer = test::answer_to(to);
    for (int i = 0; i < to.tasks_size(); ++i)
      answer.add_outcomes()->set_id(
          task_id::of({static_cast<std::uint16_t>(to.shard())}, 10 * to.sequence() + i).value);
    return answer;
  }

  client_options options;
  std::shared_ptr<client_inbox> inbox = std::make_shared<client_inbox>();
  test::probe router{system};
  bool is_reachable = true;
  std::size_t dials = 0;
  caf::actor client;
  std::vector<std::string> answers;
};

} // namespace

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
