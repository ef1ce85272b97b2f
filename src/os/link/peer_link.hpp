#pragma once

#include "os/descriptor.hpp"
#include "os/link/link_records.hpp"
#include "os/link/tls.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace belfry {

/// Both directions of a connection in records.
struct link_records {
  record_writer writer;
  record_reader reader;
};

/// What the bytes of a connection pass through: TLS, or records, or nothing.
struct link_layer {
  tls_session tls;                       ///< null: plain text
  std::unique_ptr<link_records> records; ///< null: no records
};

/// A connection to an authenticated peer. For one thread at a time.
///
/// The owner of the descriptor may change while the connection is in use, so calls take its number.
struct peer_link {
  descriptor socket; ///< does not block
  link_layer layer;
  std::string peer; ///< its address as text
};

/// Move at most `size` bytes without blocking and set `count` to the number moved. After a write
/// that did not move all of them, the next one must begin with the rest. Requires: `size` is not 0.
[[nodiscard]] io_progress read_link(const link_layer& layer, int socket, void* buffer,
                                    std::size_t size, std::size_t& count);
[[nodiscard]] io_progress write_link(const link_layer& layer, int socket, const void* data,
                                     std::size_t size, std::size_t& count);

/// How many bytes the layer has read from the socket that `read_link` has not returned yet.
[[nodiscard]] std::size_t pending_bytes(const link_layer& layer);

/// Whether the peer has closed its side: it will send nothing more than it has sent already.
[[nodiscard]] bool is_peer_closed(int socket);

/// Shuts both directions of the connection down at once; does not close the descriptor.
void shut_down_link(int socket);

} // namespace belfry
