#include "link/link_gate.hpp"

#include "link/link_scribe.hpp"

#include "os/link/socket_address.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <set>
#include <string>
#include <utility>

namespace belfry {

result<std::unique_ptr<link_gate>>
link_gate::open(caf::actor_system& system, const caf::actor& gateway, gate_options options) {
  std::unique_ptr<link_gate> gate{new link_gate{std::move(options.time)}};
  const auto basp = system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
  // CAF finds a published actor by a port, which is the same for all that it is met through.
  const auto let_in = [&system, basp, whom = caf::actor_cast<caf::strong_actor_ptr>(gateway),
                       limits = options.limits](peer_link link) {
    const auto port = port_of(own_end_of(link.socket.number()));
    caf::anon_send(basp, caf::publish_atom::value,
                   make_link_scribe(system, std::move(link), limits), port, whom,
                   std::set<std::string>{});
  };
  auto opened = link_acceptor::open(
      options.place, std::move(options.keys),
      {let_in, [log = &gate->refused_](const std::string& peer, const std::string& why) {
         log->note(peer, why);
       }});
  if (!opened)
    return opened.error();
  gate->acceptor_ = std::move(*opened);
  return gate;
}

} // namespace belfry
