#pragma once

#include "link/refusal_log.hpp"

#include "os/link/peer_link.hpp"
#include "wire/frames/frame_header.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>

#include <cstddef>
#include <memory>

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
/// A peer that sends what CAF would not (`frame_validator`) is disconnected before CAF sees it; no
/// other connection notices. `log` gets the reason of every disconnection that this process decides
/// on.
///
/// `peer`: which side of the connection the peer is. Requires: the network module of `system` is
/// CAF's default one.
[[nodiscard]] caf::io::scribe_ptr make_link_connection(caf::actor_system& system, peer_link link,
                                                       frame_side peer, link_limits limits,
                                                       std::shared_ptr<refusal_log> log);

} // namespace belfry
