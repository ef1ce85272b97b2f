#include "world/transport.hpp"

#include "base/actor_basics.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/node_id.hpp>
#include <caf/response_promise.hpp>
#include <caf/sec.hpp>

#include <map>
#include <memory>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

class transport_state {
public:
  transport_state(caf::event_based_actor* self, dialler dial)
      : self_(self), dial_(std::move(dial)) {}

  void connect(const std::string& host, std::uint16_t port) {
    const auto number = ++latest_;
    waiting_.emplace(number, self_->make_response_promise());
    dial_(host, port, number);
  }

  void connected(std::uint64_t number, const caf::node_id& node,
                 const caf::strong_actor_ptr& peer) {
    auto entry = waiting_.extract(number);
    if (entry.empty())
      return;
    if (peer)
      entry.mapped().deliver(node, peer, std::set<std::string>{});
    else
      entry.mapped().deliver(caf::make_error(caf::sec::cannot_connect_to_node));
  }

private:
  caf::event_based_actor* self_;
  dialler dial_;
  std::map<std::uint64_t, caf::response_promise> waiting_;
  std::uint64_t latest_ = 0;
};

caf::behavior transport(caf::event_based_actor* self, dialler dial) {
  install_default_handlers(self);
  const auto state = std::make_shared<transport_state>(self, std::move(dial));
  return {
      [state](caf::connect_atom, const std::string& host, std::uint16_t port) {
        state->connect(host, port);
      },
      [state](caf::ok_atom, std::uint64_t number, const caf::node_id& node,
              const caf::strong_actor_ptr& peer) { state->connected(number, node, peer); },
  };
}

} // namespace

caf::actor spawn_transport(caf::actor_system& system, dialler dial) {
  return system.spawn<caf::hidden>(transport, std::move(dial));
}

} // namespace belfry::sim
