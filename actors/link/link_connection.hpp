#pragma once

#include "os/link/peer_link.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>

#include <cstddef>

namespace belfry {

/// What ends a connection.
struct link_limits {
  std::size_t frame_bytes_max = 256 << 20; ///< a message that is larger
  /// At most so much waits for a peer that does not read; half of it always may. That is more than
  /// the runs that a worker may be granted ahead, a thousand of the largest usual payloads.
  std::size_t send_buffer_bytes_max = 512 << 20;
};

/// Gives a link to CAF's network layer, which reads and writes it on its own thread from then on.
/// Room for a message is made as its bytes come, however many it announces.
///
/// Requires: the network module of `system` is CAF's usual one.
[[nodiscard]] caf::io::scribe_ptr make_link_connection(caf::actor_system& system, peer_link link,
                                                       link_limits limits);

} // namespace belfry
