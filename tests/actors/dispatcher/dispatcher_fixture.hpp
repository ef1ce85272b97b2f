#pragma once

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "dispatcher/dispatcher.hpp"
#include "support/actor_fixture.hpp"
#include "wire/envelope.hpp"
#include "wire/messages.pb.h"

#include <caf/send.hpp>

#include <string>
#include <utility>
#include <vector>

namespace belfry::test {

/// A dispatcher with stand-ins for its node's two shards, two workers and a client.
struct dispatcher_fixture : actor_fixture {
  dispatcher_fixture() {
    start();
    for (std::uint16_t index = 0; index < 2; ++index)
      meet(index);
  }

  void start() {
    dispatch = own(system.spawn(dispatcher, dispatcher_options{{}, 2}));
    run();
  }
  probe stand_in() {
    probe one{system};
    own(one.actor());
    return one;
  }
  template <class... Parts>
  void say(const probe& from, Parts&&... parts) {
    caf::send_as(from.actor(), dispatch, std::forward<Parts>(parts)...);
  }

  // --- shards ---

  void meet(std::uint16_t index) {
    caf::anon_send(dispatch, child_started{"shard", index, shards[index].actor()});
    run();
  }
  static lane_summary lane(const std::string& queue, std::size_t waiting) {
    return {queue, "send", waiting, 0, {}, 1};
  }
  void tell(std::uint16_t index, std::vector<lane_summary> lanes, bool is_complete) {
    say(shards[index],
        lane_update{shard_id{index}, shards[index].actor(), is_complete, std::move(lanes)});
    run();
  }
  void serve() {
    tell(0, {}, true);
    tell(1, {}, true);
  }
  /// The shard is killed; its successor is started.
  void restart(std::uint16_t index) {
    caf::anon_send_exit(shards[index].actor(), caf::exit_reason::kill);
    run();
    shards[index] = stand_in();
    meet(index);
  }
  std::vector<grant_tasks> takes(std::uint16_t index) {
    std::vector<grant_tasks> found;
    for (auto& one : shards[index].all<grant_tasks>())
      found.push_back(one.get_as<grant_tasks>(0));
    return found;
  }
  void granted(std::uint16_t index, const grant_tasks& asked, std::size_t count,
               bool is_unknown_session = false) {
    say(shards[index], tasks_granted{shard_id{index}, asked, count, is_unknown_session});
    run();
  }
  std::vector<worker_attached> attachments(std::uint16_t index) {
    std::vector<worker_attached> found;
    for (auto& one : shards[index].all<worker_attached>())
      found.push_back(one.get_as<worker_attached>(0));
    return found;
  }

  // --- workers ---

  static wire::Attach offer(std::uint64_t session, std::uint32_t credit) {
    wire::Attach attach;
    attach.set_session(session);
    attach.set_name("worker-" + std::to_string(session));
    attach.add_kinds("send");
    attach.set_slots(4);
    attach.set_credit(credit);
    attach.set_is_first(true);
    return attach;
  }
  template <class Atom>
  void say_sealed(const probe& from, Atom what, const google::protobuf::MessageLite& message) {
    say(from, what, envelope{wire::seal(message), 0});
    run();
  }
  void attach(const probe& from, std::uint64_t session, std::uint32_t credit) {
    say_sealed(from, attach_atom::value, offer(session, credit));
  }
  void beat(const probe& from, std::uint64_t session, std::uint32_t running = 0) {
    wire::Heartbeat message;
    message.set_session(session);
    message.set_running(running);
    say_sealed(from, heartbeat_atom::value, message);
  }
  void credit(const probe& from, std::uint64_t session, std::uint32_t count) {
    wire::Credit message;
    message.set_session(session);
    message.set_count(count);
    say_sealed(from, credit_atom::value, message);
  }
  std::vector<wire::Attached> answers(const probe& to) {
    return heard<wire::Attached, attached_atom>(to);
  }
  std::vector<wire::Welcome> invitations(const probe& to) {
    return heard<wire::Welcome, welcome_atom>(to);
  }
  std::size_t welcomes(const probe& to) { return invitations(to).size(); }

  // --- questions ---

  wire::NodeStatus status() {
    wire::Response answer;
    answer.mutable_status()->set_node("here");
    return ask({client.actor(), answer, "", ""}).status();
  }
  wire::Explanation explain(const std::string& queue, const std::string& kind,
                            const std::string& reason = "waiting_for_worker") {
    wire::Response answer;
    answer.mutable_explanation()->set_reason(reason);
    return ask({client.actor(), answer, queue, kind}).explanation();
  }
  wire::Response ask(const complete_answer& question) {
    caf::anon_send(dispatch, question);
    run();
    auto all = heard<wire::Response, response_atom>(client);
    return all.empty() ? wire::Response{} : all.back();
  }

  template <class Message, class Atom>
  static std::vector<Message> heard(const probe& by) {
    std::vector<Message> found;
    for (auto& one : by.all<Atom, envelope>()) {
      Message message;
      if (wire::open(one.template get_as<envelope>(1).bytes, message))
        found.push_back(message);
    }
    return found;
  }

  caf::actor dispatch;
  std::vector<probe> shards{stand_in(), stand_in()};
  probe ann = stand_in();
  probe bob = stand_in();
  probe client = stand_in();
};

} // namespace belfry::test
