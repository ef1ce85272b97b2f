#include "cluster/node_hints.hpp"

#include "belfry/actors/protocol.hpp"

#include <caf/io/middleman_actor.hpp>
#include <caf/node_id.hpp>

#include <set>
#include <string>
#include <utility>

namespace belfry {

namespace {

constexpr duration connect_timeout{1'000};

} // namespace

void node_hints::send_hint(const member& peer) {
  if (const auto known = routers_.find(peer.id); known != routers_.end())
    return on_connected(peer.id, known->second);
  if (!transport_)
    return;
  ++connects_in_flight_;
  self_->request(transport_, connect_timeout, caf::connect_atom::value, peer.host, peer.port)
      .then(
          [this, alive = std::weak_ptr{alive_}, id = peer.id](const caf::node_id&,
                                                              const caf::strong_actor_ptr& router,
                                                              const std::set<std::string>&) {
            if (alive.expired())
              return;
            if (router)
              on_connected(id, caf::actor_cast<caf::actor>(router));
            finish_connect();
          },
          [this, alive = std::weak_ptr{alive_}](const caf::error&) {
            if (!alive.expired())
              finish_connect();
          });
}

void node_hints::when_sent(std::function<void()> callback) {
  if (connects_in_flight_ == 0)
    return callback();
  on_idle_ = std::move(callback);
}

void node_hints::on_connected(member_id peer, const caf::actor& router) {
  routers_[peer] = router;
  self_->send(router, refresh_atom::value, envelope{});
}

void node_hints::finish_connect() {
  if (--connects_in_flight_ == 0 && on_idle_)
    std::exchange(on_idle_, {})();
}

} // namespace belfry
