#pragma once

#include "journal/membership.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>

namespace belfry {

/// Hints to other nodes that they should refresh their view of the cluster now, rather than at
/// their next heartbeat. A hint may be lost.
///
/// Part of one actor. Keeps a connection to each node that it has sent a hint.
class node_hints {
public:
  /// `transport` answers `(connect_atom, host, port)`.
  node_hints(caf::event_based_actor* self, caf::actor transport)
      : self_(self), transport_(std::move(transport)) {}

  void send_hint(const member& peer);

  /// Calls `callback` once every hint was sent, or could not be.
  void when_sent(std::function<void()> callback);

private:
  void on_connected(member_id peer, const caf::actor& router);
  void finish_connect();

  caf::event_based_actor* self_;
  caf::actor transport_;
  std::map<member_id, caf::actor> routers_;
  std::size_t connects_in_flight_ = 0;
  std::function<void()> on_idle_;
  /// Expires with this object: an actor that quits may still receive answers to its requests.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace belfry
