#include "link/client_transport.hpp"

#include "base/actor_basics.hpp"
#include "belfry/actors/caf_error.hpp"
#include "link/link_connection.hpp"
#include "link/refusal_log.hpp"

#include "os/link/dial.hpp"
#include "os/system_clock.hpp"

#include <caf/exit_reason.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/result.hpp>

#include <memory>
#include <string>
#include <utility>

namespace belfry {

namespace {

failure refusal_at(const node_address& address, const failure& error) {
  if (error.code != errc::invalid_argument)
    return error;
  return {error.code, "cannot connect to " + to_string(address) + ": " + error.what};
}

/// Opens one connection, on its own thread because dialling blocks, and quits. The request is
/// delegated to the network layer, which answers the requester: an actor that waited for the answer
/// could not quit before it, and would block the shutdown of the actor system for ever if the
/// network layer ended first.
caf::behavior dialler(caf::event_based_actor* self, const transport_options& options,
                      const std::shared_ptr<refusal_log>& log) {
  install_default_handlers(self);
  return {[self, options, log](caf::connect_atom, const std::string& host,
                               std::uint16_t port) -> caf::result<caf::message> {
    // A little earlier than the requester's timeout, so that the requester learns the reason.
    auto link = dial({host, port}, *options.credentials, options.connect_timeout * 9 / 10,
                     *options.is_cancelled);
    self->quit();
    if (options.on_attempt)
      options.on_attempt({host, port}, link ? result<done>{done{}} : link.error());
    if (!link)
      return to_error(refusal_at({host, port}, link.error()));
    auto& middleman = self->system().middleman();
    return self->delegate(middleman.named_broker<caf::io::basp_broker>(caf::atom("BASP")),
                          caf::connect_atom::value,
                          make_link_connection(self->system(), std::move(*link), frame_side::server,
                                               options.limits, log),
                          port);
  }};
}

caf::behavior transport_actor(caf::event_based_actor* self, const transport_options& options) {
  install_default_handlers(self);
  // The dialling actors are linked: they end with this actor, but this actor outlives them.
  self->set_exit_handler([self](caf::exit_msg& exit) {
    if (exit.reason == caf::exit_reason::user_shutdown || exit.reason == caf::exit_reason::kill)
      self->quit(exit.reason);
  });
  if (!options.credentials)
    return {[error = options.credentials.error()](caf::connect_atom, const std::string&,
                                                  std::uint16_t) { return to_error(error); }};
  const auto log = std::make_shared<refusal_log>(std::make_shared<system_clock>());
  return {[self, options, log](caf::connect_atom, const std::string& host, std::uint16_t port) {
    const auto connecting =
        self->spawn<caf::detached + caf::hidden + caf::linked>(dialler, options, log);
    return self->delegate(connecting, caf::connect_atom::value, host, port);
  }};
}

} // namespace

caf::actor spawn_transport(caf::actor_system& system, transport_options options) {
  return system.spawn<caf::hidden>(transport_actor, std::move(options));
}

} // namespace belfry
