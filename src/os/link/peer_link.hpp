#pragma once

#include "os/descriptor.hpp"
#include "os/link/tls.hpp"

#include <cstddef>
#include <string>

namespace belfry {

/// A connection whose other end has proved who it is. For one thread at a time.
///
/// The descriptor's owner may change while the connection is in use: whoever takes it hands its
/// number in with each call.
struct peer_link {
  descriptor socket;   ///< does not block
  tls_session session; ///< none: plain text
  std::string peer;    ///< its address, for people
};

/// How an attempt to move bytes ended: some were moved, none can be moved now, or never again.
enum class io_progress { some, none, closed };

/// Moves what can be moved without waiting, `size` bytes at most; `count` is set to how many that
/// were. The end of the connection counts as broken. `session` may be null. Requires: `size` is not
/// 0.
[[nodiscard]] io_progress read_link(ssl_st* session, int socket, void* to, std::size_t size,
                                    std::size_t& count);
[[nodiscard]] io_progress write_link(ssl_st* session, int socket, const void* from,
                                     std::size_t size, std::size_t& count);

/// Whether the other end will send nothing more than what it has sent already.
[[nodiscard]] bool is_peer_closed(int socket);

/// Ends the connection for both ends at once; the descriptor stays its owner's.
void shut_down_link(int socket);

} // namespace belfry
