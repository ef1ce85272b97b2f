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

/// Listens to the servers: who their actors are, what they grant, and what throws.
class wiretap : public message_listener {
public:
  /// The names of servers begin with `server`, and no others do.
  explicit wiretap(std::string server) : server_(std::move(server)) {}

  /// Where what is heard goes; null: nowhere.
  void set_history(history* run_history) { history_ = run_history; }

  void on_handle(const std::string& node, const caf::scheduled_actor& who,
                 const caf::type_erased_tuple& what) override;
  void on_send(const std::string& node, const caf::message& what) override;

  /// The actor that the supervisor of `node` calls so, as far as is known; may be dead by now.
  [[nodiscard]] caf::actor child(const std::string& node, const std::string& name,
                                 std::uint16_t index) const;
  /// The server is gone.
  void forget_children(const std::string& node) { children_.erase(node); }

private:
  std::string server_;
  history* history_ = nullptr;
  using child_name = std::pair<std::string, std::uint16_t>;
  std::map<std::string, std::map<child_name, caf::actor_addr>> children_; // By node.
};

} // namespace belfry::sim
