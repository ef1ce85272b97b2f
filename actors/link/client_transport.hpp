#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "link/link_connection.hpp"
#include "os/link/transport_credentials.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace belfry {

struct transport_options {
  /// For the connection, and again for the network layer's handshake.
  duration connect_timeout{10'000};
  std::shared_ptr<const std::atomic<bool>> is_cancelled; ///< turns true when nobody waits any more
  result<std::shared_ptr<const transport_credentials>>
      credentials; ///< a failure: the answer to every request
  /// Generous, because a program chooses its nodes itself: tasks may be of any size.
  link_limits limits{.frame_bytes_max = 1 << 30};
  /// Called with the outcome of every attempt to connect, on any thread; may be empty.
  std::function<void(const node_address&, const result<done>&)> on_attempt{};
};

/// Starts an actor that answers `(connect_atom, host, port)` as the system's middleman does, but
/// connects to authenticated nodes only. It gives up after `connect_timeout`, and at once when
/// `*is_cancelled` turns true: the middleman may wait for minutes and would delay the shutdown of
/// the actor system. Each connection has its own thread while it is opened, so a slow one delays no
/// other.
///
/// No connection is cached: every request dials again. An unreachable node is `errc::unavailable`;
/// a node that refuses, or is refused, is `errc::invalid_argument`.
[[nodiscard]] caf::actor spawn_transport(caf::actor_system& system, transport_options options);

} // namespace belfry
