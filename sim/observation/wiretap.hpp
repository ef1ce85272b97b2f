#pragma once

#include "world/sim_node.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace belfry::sim {

class history;

/// Observes the servers: their actors, their grants, and exceptions of their actors.
class wiretap : public message_listener {
public:
  /// `server` is the prefix of the names of all servers, and of no other node.
  explicit wiretap(std::string server) : server_(std::move(server)) {}

  /// Records observations there from now on; null: nowhere.
  void set_history(history* run_history) { history_ = run_history; }

  void on_handle(const std::string& node, const caf::scheduled_actor& receiver,
                 const caf::type_erased_tuple& message) override;
  void on_send(const std::string& node, const caf::message& message) override;

  /// Returns the child of this name of the supervisor of `node`; null if none was observed. It may
  /// have ended since.
  [[nodiscard]] caf::actor child(const std::string& node, const std::string& name,
                                 std::uint16_t index) const;
  /// The server has ended.
  void forget_children(const std::string& node) { children_.erase(node); }

private:
  std::string server_;
  history* history_ = nullptr;
  using child_name = std::pair<std::string, std::uint16_t>;
  std::map<std::string, std::map<child_name, caf::actor_addr>> children_; // By node.
};

} // namespace belfry::sim
