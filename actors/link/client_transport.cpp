#include "link/client_transport.hpp"

#include "base/actor_basics.hpp"
#include "belfry/actors/caf_error.hpp"
#include "link/link_connection.hpp"

#include "os/link/dial.hpp"

#include <caf/exit_reason.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/result.hpp>

#include <string>
#include <utility>

namespace belfry {

namespace {

failure refusal_at(const node_address& place, const failure& why) {
  if (why.code != errc::invalid_argument)
    return why;
  return {why.code,
          "cannot talk to " + place.host + ":" + std::to_string(place.port) + ": " + why.what};
}

/// Makes one connection, on a thread of its own since that blocks, and ends. The network layer
/// answers whoever asked: an actor that waited for that itself could not end before, and would hold
/// up the end of its system for ever if the network layer has ended first.
caf::behavior dialler(caf::event_based_actor* self, const transport_options& options) {
  install_default_handlers(self);
  return {[self, options](caf::connect_atom, const std::string& host,
                          std::uint16_t port) -> caf::result<caf::message> {
    // A little sooner than whoever asked gives up, so that they hear why.
    auto link = dial({host, port}, *options.credentials, options.connect_timeout * 9 / 10,
                     *options.is_cancelled);
    self->quit();
    if (options.on_attempt)
      options.on_attempt({host, port}, link ? result<done>{done{}} : link.error());
    if (!link)
      return to_error(refusal_at({host, port}, link.error()));
    auto& middleman = self->system().middleman();
    return self->delegate(
        middleman.named_broker<caf::io::basp_broker>(caf::atom("BASP")), caf::connect_atom::value,
        make_link_connection(self->system(), std::move(*link), options.limits), port);
  }};
}

caf::behavior transport_actor(caf::event_based_actor* self, const transport_options& options) {
  install_default_handlers(self);
  // They are linked so that they end with this one; it does not end with one of them.
  self->set_exit_handler([self](caf::exit_msg& what) {
    if (what.reason == caf::exit_reason::user_shutdown || what.reason == caf::exit_reason::kill)
      self->quit(what.reason);
  });
  if (!options.credentials)
    return {[why = options.credentials.error()](caf::connect_atom, const std::string&,
                                                std::uint16_t) { return to_error(why); }};
  return {[self, options](caf::connect_atom, const std::string& host, std::uint16_t port) {
    const auto one = self->spawn<caf::detached + caf::hidden + caf::linked>(dialler, options);
    return self->delegate(one, caf::connect_atom::value, host, port);
  }};
}

} // namespace

caf::actor spawn_transport(caf::actor_system& system, transport_options options) {
  return system.spawn<caf::hidden>(transport_actor, std::move(options));
}

} // namespace belfry
