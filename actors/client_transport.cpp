#include "client_transport.hpp"

#include "actor_basics.hpp"
#include "client_actor.hpp"

#include "os/dial.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/io/scribe.hpp>
#include <caf/response_promise.hpp>

#include <set>
#include <string>
#include <utility>

namespace belfry {

namespace {

class transport_state {
public:
  transport_state(caf::event_based_actor* self, duration limit,
                  std::shared_ptr<const std::atomic<bool>> is_given_up)
      : self_(self), limit_(limit), is_given_up_(std::move(is_given_up)),
        basp_(self->system().middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"))) {}

  /// The handshake of the network layer follows; its answer goes to whoever asked.
  void connect(const std::string& host, std::uint16_t port) {
    auto promise = self_->make_response_promise();
    const auto socket = dial(host, port, limit_, *is_given_up_);
    if (!socket)
      return promise.deliver(to_error(socket.error()));
    auto scribe = self_->system().middleman().backend().new_scribe(*socket);
    self_->request(basp_, limit_, caf::connect_atom::value, std::move(scribe), port)
        .then(
            [promise](caf::node_id& node, caf::strong_actor_ptr& peer,
                      std::set<std::string>& interface) mutable {
              promise.deliver(std::move(node), std::move(peer), std::move(interface));
            },
            [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
  }

private:
  caf::event_based_actor* self_;
  const duration limit_;
  const std::shared_ptr<const std::atomic<bool>> is_given_up_;
  const caf::actor basp_;
};

caf::behavior transport_actor(caf::event_based_actor* self, duration limit,
                              std::shared_ptr<const std::atomic<bool>> is_given_up) {
  guard(self);
  auto state = std::make_shared<transport_state>(self, limit, std::move(is_given_up));
  return {[state](caf::connect_atom, const std::string& host, std::uint16_t port) {
    state->connect(host, port);
  }};
}

} // namespace

caf::actor spawn_transport(caf::actor_system& system, duration limit,
                           std::shared_ptr<const std::atomic<bool>> is_given_up) {
  return system.spawn<caf::detached + caf::hidden>(transport_actor, limit, std::move(is_given_up));
}

} // namespace belfry
