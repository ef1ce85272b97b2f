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

/// A dispatcher. Its node's two shards, two workers and a client are probes.
struct dispatcher_fixture : actor_fixture {
  dispatcher_fixture() {
    start();
    for (std::uint16_t index = 0; index < 2; ++index)
      announce_shard(index);
  }

  void start() {
    dispatch = adopt(system.spawn(dispatcher, dispatcher_options{.runs = {}, .shards = 2}));
    run();
  }
  probe make_probe() {
    probe made{system};
    adopt(made.actor());
    return made;
  }
  template <class... Parts>
  void send(const probe& from, Parts&&... parts) {
    caf::send_as(from.actor(), dispatch, std::forward<Parts>(parts)...);
  }

  // --- shards ---

  void announce_shard(std::uint16_t index) {
    caf::anon_send(dispatch, child_started{"shard", index, shards[index].actor()});
    run();
  }
  static lane_summary lane(const std::string& queue, std::size_t waiting) {
    return {.queue = queue, .kind = "send", .waiting = waiting};
  }
  void update_lanes(std::uint16_t index, std::vector<lane_summary> lanes, bool is_complete) {
    send(shards[index], lane_update{.shard = shard_id{index},
                                    .sender = shards[index].actor(),
                                    .is_complete = is_complete,
                                    .lanes = std::move(lanes)});
    run();
  }
  void serve() {
    update_lanes(0, {}, true);
    update_lanes(1, {}, true);
  }
  /// The shard is killed and restarted.
  void restart(std::uint16_t index) {
    caf::anon_send_exit(shards[index].actor(), caf::exit_reason::kill);
    run();
    shards[index] = make_probe();
    announce_shard(index);
  }
  std::vector<grant_tasks> grants_requested(std::uint16_t index) {
    std::vector<grant_tasks> found;
    for (auto& message : shards[index].all<grant_tasks>())
      found.push_back(message.get_as<grant_tasks>(0));
    return found;
  }
  void granted(std::uint16_t index, const grant_tasks& request, std::size_t count,
               bool is_unknown_session = false) {
    send(shards[index], tasks_granted{.shard = shard_id{index},
                                      .request = request,
                                      .granted = count,
                                      .is_unknown_session = is_unknown_session});
    run();
  }
  std::vector<worker_attached> attachments(std::uint16_t index) {
    std::vector<worker_attached> found;
    for (auto& message : shards[index].all<worker_attached>())
      found.push_back(message.get_as<worker_attached>(0));
    return found;
  }

  // --- workers ---

  static wire::Attach attach_of(std::uint64_t session, std::uint32_t credit) {
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
  void send_sealed(const probe& from, Atom type, const google::protobuf::MessageLite& message) {
    send(from, type, envelope{wire::seal(message), 0});
    run();
  }
  void attach(const probe& from, std::uint64_t session, std::uint32_t credit) {
    send_sealed(from, attach_atom::value, attach_of(session, credit));
  }
  void heartbeat(const probe& from, std::uint64_t session, std::uint32_t running = 0) {
    wire::Heartbeat message;
    message.set_session(session);
    message.set_running(running);
    send_sealed(from, heartbeat_atom::value, message);
  }
  void credit(const probe& from, std::uint64_t session, std::uint32_t count) {
    wire::Credit message;
    message.set_session(session);
    message.set_count(count);
    send_sealed(from, credit_atom::value, message);
  }
  std::vector<wire::Attached> attach_answers(const probe& to) {
    return decoded<wire::Attached, attached_atom>(to);
  }
  std::vector<wire::Welcome> welcomes(const probe& to) {
    return decoded<wire::Welcome, welcome_atom>(to);
  }

  // --- requests of clients ---

  wire::NodeStatus status() {
    wire::Response answer;
    answer.mutable_status()->set_node("here");
    return ask({.client = client.actor(), .answer = answer, .queue = {}, .kind = {}}).status();
  }
  wire::Explanation explain(const std::string& queue, const std::string& kind,
                            const std::string& reason = "waiting_for_worker") {
    wire::Response answer;
    answer.mutable_explanation()->set_reason(reason);
    return ask({.client = client.actor(), .answer = answer, .queue = queue, .kind = kind})
        .explanation();
  }
  wire::Response ask(const complete_answer& request) {
    caf::anon_send(dispatch, request);
    run();
    auto all = decoded<wire::Response, response_atom>(client);
    return all.empty() ? wire::Response{} : all.back();
  }

  template <class Message, class Atom>
  static std::vector<Message> decoded(const probe& receiver) {
    std::vector<Message> found;
    for (auto& sealed : receiver.all<Atom, envelope>()) {
      Message message;
      if (wire::open(sealed.template get_as<envelope>(1).bytes, message))
        found.push_back(message);
    }
    return found;
  }

  caf::actor dispatch;
  std::vector<probe> shards{make_probe(), make_probe()};
  probe ann = make_probe();
  probe bob = make_probe();
  probe client = make_probe();
};

} // namespace belfry::test
