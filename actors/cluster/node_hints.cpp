#include "cluster/node_hints.hpp"

#include "belfry/actors/protocol.hpp"

#include <caf/io/middleman_actor.hpp>
#include <caf/node_id.hpp>

#include <set>
#include <string>
#include <utility>

namespace belfry {

namespace {

constexpr duration connect_patience{1'000};

} // namespace

void node_hints::tell(const member& whom) {
  if (const auto known = gateways_.find(whom.id); known != gateways_.end())
    return told(whom.id, known->second);
  if (!transport_)
    return;
  ++open_;
  self_->request(transport_, connect_patience, caf::connect_atom::value, whom.host, whom.port)
      .then(
          [this, life = std::weak_ptr{life_}, id = whom.id](const caf::node_id&,
                                                            const caf::strong_actor_ptr& gateway,
                                                            const std::set<std::string>&) {
            if (life.expired())
              return;
            if (gateway)
              told(id, caf::actor_cast<caf::actor>(gateway));
            done_one();
          },
          [this, life = std::weak_ptr{life_}](const caf::error&) {
            if (!life.expired())
              done_one();
          });
}

void node_hints::when_told(std::function<void()> then) {
  if (open_ == 0)
    return then();
  then_ = std::move(then);
}

void node_hints::told(member_id whom, const caf::actor& gateway) {
  gateways_[whom] = gateway;
  self_->send(gateway, look_atom::value, envelope{});
}

void node_hints::done_one() {
  if (--open_ == 0 && then_)
    std::exchange(then_, {})();
}

} // namespace belfry
