#pragma once

#include "sim_node.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace belfry::sim {

class history;

/// Listens to the server: who its actors are, what it grants, and what throws.
class wiretap : public eavesdropper {
public:
  explicit wiretap(std::string server) : server_(std::move(server)) {}

  /// Where what is heard goes; null: nowhere.
  void report_to(history* seen) { history_ = seen; }

  void handles(const std::string& node, const caf::scheduled_actor& who,
               const caf::type_erased_tuple& what) override;
  void sends(const std::string& node, const caf::message& what) override;

  /// The actor that the server's supervisor calls so, as far as is known; may be dead by now.
  [[nodiscard]] caf::actor child(const std::string& name, std::uint16_t index) const;
  /// The server is gone.
  void forget_children() { children_.clear(); }

private:
  std::string server_;
  history* history_ = nullptr;
  std::map<std::pair<std::string, std::uint16_t>, caf::actor_addr> children_;
};

} // namespace belfry::sim
