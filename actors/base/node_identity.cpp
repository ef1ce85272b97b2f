#include "base/node_identity.hpp"

#include <caf/actor_system.hpp>

#include <utility>

// Only friends may set a system's identity. CAF 0.17.6 names this class a friend and defines none.
namespace caf::net {

class middleman {
public:
  static void set_node(actor_system& system, node_id id) { system.node_.swap(id); }
};

} // namespace caf::net

namespace belfry {

namespace {

/// Its module number makes CAF initialise it after the middleman has set CAF's own identity and
/// before the middleman sends that to any peer.
class identity_module : public caf::actor_system::module {
public:
  identity_module(caf::actor_system& system, caf::node_id identity)
      : system_(system), identity_(std::move(identity)) {}

  void start() override {}
  void stop() override {}
  void init(caf::actor_system_config&) override {
    caf::net::middleman::set_node(system_, identity_);
  }
  id_t id() const override { return network_manager; }
  void* subtype_ptr() override { return this; }

private:
  caf::actor_system& system_;
  caf::node_id identity_;
};

} // namespace

caf::node_id make_node_identity(std::uint64_t entropy, std::uint64_t more_entropy) {
  caf::node_id::default_data::host_id_type host{};
  host[0] = 0xbe; // CAF takes all zeros for no identity.
  for (std::size_t i = 0; i < 8; ++i) {
    host[1 + i] = static_cast<std::uint8_t>(entropy >> (8 * i));
    host[9 + i] = static_cast<std::uint8_t>(more_entropy >> (8 * i));
  }
  const auto process = static_cast<std::uint32_t>(more_entropy >> 32) | 1U;
  return caf::make_node_id(process, host);
}

void set_node_identity(caf::actor_system_config& config, caf::node_id id) {
  config.module_factories.emplace_back(
      [id = std::move(id)](caf::actor_system& system) -> caf::actor_system::module* {
        return std::make_unique<identity_module>(system, id).release();
      });
}

} // namespace belfry
