#pragma once

#include "os/peer_link.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>

#include <cstddef>

namespace belfry {

/// Gives a link to CAF's network layer, which reads and writes it on its own thread from then on.
/// A message of more than `frame_bytes_max` ends the connection.
///
/// Requires: the network module of `system` is CAF's usual one.
[[nodiscard]] caf::io::scribe_ptr make_link_scribe(caf::actor_system& system, peer_link link,
                                                   std::size_t frame_bytes_max);

} // namespace belfry
