#pragma once

#include "os/link/peer_link.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>

#include <cstddef>

namespace belfry {

/// A peer that exceeds a limit is disconnected.
struct link_limits {
  std::size_t frame_bytes_max = 256 << 20; ///< of one message
  /// What is buffered for a slow consumer; half of it is always allowed. More than the runs that a
  /// worker may be granted in advance: a thousand of the largest usual payloads.
  std::size_t send_buffer_bytes_max = 512 << 20;
};

/// Hands a link over to CAF's network layer, which reads and writes it on its own thread from then
/// on. Memory for a message is allocated as its bytes arrive, however many its header announces.
///
/// Requires: the network module of `system` is CAF's default one.
[[nodiscard]] caf::io::scribe_ptr make_link_connection(caf::actor_system& system, peer_link link,
                                                       link_limits limits);

} // namespace belfry
