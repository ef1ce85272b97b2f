#pragma once

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

namespace belfry::test {

/// A client whose transport and router are the test's.
class client_fixture : protected actor_fixture {
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
    router = probe{system};
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

  void ask(std::uint64_t task, duration patience = std::chrono::seconds{30},
           const std::string& schedule_name = "") {
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
  probe router{system};
  bool is_reachable = true;
  std::size_t dials = 0;
  caf::actor client;
  std::vector<std::string> answers;
};

} // namespace belfry::test
