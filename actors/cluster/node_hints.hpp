#pragma once

#include "journal/membership.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>

namespace belfry {

/// Tells other nodes to look at their cluster now rather than a little later. A hint may be lost.
///
/// Part of one actor. Keeps a connection to each node that it has told something.
class node_hints {
public:
  /// `transport` answers `(connect_atom, host, port)`.
  node_hints(caf::event_based_actor* self, caf::actor transport)
      : self_(self), transport_(std::move(transport)) {}

  void send_hint(const member& whom);

  /// Calls `then`, once nothing is on its way any more.
  void when_sent(std::function<void()> then);

private:
  void on_connected(member_id whom, const caf::actor& router);
  void finish_connect();

  caf::event_based_actor* self_;
  caf::actor transport_;
  std::map<member_id, caf::actor> routers_;
  std::size_t connects_in_flight_ = 0; // Connections under way.
  std::function<void()> on_idle_;
  /// An actor that quits drops its state, and yet hears the answers to what it has asked.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace belfry
