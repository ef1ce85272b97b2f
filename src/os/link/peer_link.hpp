#pragma once

#include "os/descriptor.hpp"
#include "os/link/tls.hpp"

#include <cstddef>
#include <string>

namespace belfry {

/// A connection to an authenticated peer. For one thread at a time.
///
/// The owner of the descriptor may change while the connection is in use, so calls take its number.
struct peer_link {
  descriptor socket;   ///< does not block
  tls_session session; ///< null: plain text
  std::string peer;    ///< its address as text
};

/// The result of moving bytes. `closed` covers an orderly end and any error.
enum class io_progress { moved, would_block, closed };

/// Move at most `size` bytes without blocking and set `count` to the number moved. `session` may be
/// null. Requires: `size` is not 0.
[[nodiscard]] io_progress read_link(ssl_st* session, int socket, void* buffer, std::size_t size,
                                    std::size_t& count);
[[nodiscard]] io_progress write_link(ssl_st* session, int socket, const void* data,
                                     std::size_t size, std::size_t& count);

/// Whether the peer has closed its side: it will send nothing more than it has sent already.
[[nodiscard]] bool is_peer_closed(int socket);

/// Shuts both directions of the connection down at once; does not close the descriptor.
void shut_down_link(int socket);

} // namespace belfry
