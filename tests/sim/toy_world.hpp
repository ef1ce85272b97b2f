#pragma once

#include "world/world.hpp"

#include "base/actor_basics.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/node_id.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace belfry::sim {

/// The observations of a `caller`.
struct call_log {
  std::vector<int> answers;
  std::vector<caf::error> errors;
  std::vector<caf::error> deaths;
  int failed_connects = 0;
  bool is_connected = false;
};

using fetch_atom = caf::atom_constant<caf::atom("fetch")>;

constexpr std::uint16_t toy_port = 7;

/// Answers a number with its successor; throws at the text "throw", quits at any other text.
inline caf::behavior echo(caf::event_based_actor* self) {
  install_default_handlers(self);
  return {
      [](int number) { return number + 1; },
      [self](const std::string& text) {
        if (text == "throw")
          throw std::runtime_error("told to");
        self->quit(caf::sec::bad_function_call);
      },
  };
}

/// Connects to the echo of the node `server`, monitors it, and forwards requests to it.
inline caf::behavior caller(caf::event_based_actor* self, const caf::actor& transport,
                            std::shared_ptr<call_log> log) {
  install_default_handlers(self);
  auto server = std::make_shared<caf::actor>();
  self->set_down_handler([log, server](caf::down_msg& down) {
    log->deaths.push_back(down.reason);
    log->is_connected = false;
  });
  return {
      [=](caf::connect_atom) {
        self->request(transport, std::chrono::seconds(10), caf::connect_atom::value,
                      std::string{"server"}, toy_port)
            .then(
                [=](const caf::node_id&, const caf::strong_actor_ptr& found,
                    const std::set<std::string>&) {
                  *server = caf::actor_cast<caf::actor>(found);
                  self->monitor(*server);
                  log->is_connected = true;
                },
                [log](const caf::error&) { ++log->failed_connects; });
      },
      [=](fetch_atom, int number) {
        self->request(*server, std::chrono::seconds(2), number)
            .then([log](int answer) { log->answers.push_back(answer); },
                  [log](caf::error& error) { log->errors.push_back(error); });
      },
      [=](fetch_atom, const std::string& text) { self->send(*server, text); },
  };
}

/// A node with an echo and a node with a caller.
class toy_world {
public:
  explicit toy_world(world_options options = {}) : sim_world(options) {
    boot_server();
    auto& node = sim_world.start("client");
    client = node.system().spawn(caller, node.transport(), log);
    node.retain_root(client);
  }

  void boot_server() {
    auto& node = sim_world.start("server");
    const auto server = node.system().spawn(echo);
    node.retain_root(server);
    node.publish(server, toy_port);
  }

  template <class... Ts>
  void send(Ts... parts) {
    caf::anon_send(client, std::move(parts)...);
  }
  void connect() {
    send(caf::connect_atom::value);
    advance(std::chrono::seconds{1});
  }
  void fetch(int number) { send(fetch_atom::value, number); }
  void advance(world_time span) { sim_world.run_for(span); }

  std::shared_ptr<call_log> log = std::make_shared<call_log>();
  world sim_world;
  caf::actor client;
};

} // namespace belfry::sim
