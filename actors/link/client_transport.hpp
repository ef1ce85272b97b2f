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
  duration connect_timeout{
      10'000}; ///< for the connection, and again for the network layer's handshake
  std::shared_ptr<const std::atomic<bool>> is_cancelled; ///< turns true when nobody waits any more
  result<std::shared_ptr<const transport_credentials>>
      credentials; ///< a failure: the answer to every request
  /// A program chooses its nodes itself, whose tasks may be of any size.
  link_limits limits{.frame_bytes_max = 1 << 30};
  /// Told how every attempt to connect went, on any thread; may be empty.
  std::function<void(const node_address&, const result<done>&)> on_attempt{};
};

/// Starts an actor that answers `(connect_atom, host, port)` as the system's middleman does, but
/// only with a node that has proved who it is; gives up after `limit`, and at once when
/// `*is_cancelled` turns true: the middleman may wait for minutes and would hold up the end of the
/// system. Each connection has a thread of its own while it is made, so that a slow one holds up no
/// other.
///
/// It forgets each connection when it breaks, so every request dials anew. What cannot be reached
/// is `errc::unavailable`; what is refused, or refuses, is `errc::invalid_argument`.
[[nodiscard]] caf::actor spawn_transport(caf::actor_system& system, transport_options options);

} // namespace belfry
