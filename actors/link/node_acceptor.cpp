#include "link/node_acceptor.hpp"

#include "link/link_connection.hpp"
#include "link/refusal_log.hpp"

#include "os/link/socket_address.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <memory>
#include <set>
#include <string>
#include <utility>

namespace belfry {

result<std::unique_ptr<node_acceptor>> node_acceptor::open(caf::actor_system& system,
                                                           const caf::actor& router,
                                                           node_acceptor_options options) {
  std::unique_ptr<node_acceptor> acceptor{new node_acceptor};
  // The connections outlive the acceptor.
  const auto log = std::make_shared<refusal_log>(std::move(options.time));
  const auto basp = system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  // CAF looks a published actor up by its port: the same for all connections of this acceptor.
  const auto publish = [&system, basp, published = caf::actor_cast<caf::strong_actor_ptr>(router),
                        limits = options.limits, log](peer_link link) {
    const auto port = port_of(local_address_of(link.socket.number()));
    caf::anon_send(basp, caf::publish_atom::value,
                   make_link_connection(system, std::move(link), frame_side::client, limits, log),
                   port, published, std::set<std::string>{});
  };
  auto opened =
      link_acceptor::open(options.address, std::move(options.credentials),
                          {publish, [log](const std::string& peer, const std::string& reason) {
                             log->note(peer, reason);
                           }});
  if (!opened)
    return opened.error();
  acceptor->acceptor_ = std::move(*opened);
  return acceptor;
}

} // namespace belfry
