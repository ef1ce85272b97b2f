#include "link/node_acceptor.hpp"

#include "link/link_connection.hpp"

#include "os/link/socket_address.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <set>
#include <string>
#include <utility>

namespace belfry {

result<std::unique_ptr<node_acceptor>> node_acceptor::open(caf::actor_system& system,
                                                           const caf::actor& router,
                                                           node_acceptor_options options) {
  std::unique_ptr<node_acceptor> gate{new node_acceptor{std::move(options.time)}};
  const auto basp = system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  // CAF finds a published actor by a port, which is the same for all that it is met through.
  const auto let_in = [&system, basp, whom = caf::actor_cast<caf::strong_actor_ptr>(router),
                       limits = options.limits](peer_link link) {
    const auto port = port_of(local_address_of(link.socket.number()));
    caf::anon_send(basp, caf::publish_atom::value,
                   make_link_connection(system, std::move(link), limits), port, whom,
                   std::set<std::string>{});
  };
  auto opened = link_acceptor::open(
      options.place, std::move(options.credentials),
      {let_in, [log = &gate->refused_](const std::string& peer, const std::string& why) {
         log->note(peer, why);
       }});
  if (!opened)
    return opened.error();
  gate->acceptor_ = std::move(*opened);
  return gate;
}

} // namespace belfry
