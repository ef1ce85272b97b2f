#include "os/link/peer_link.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace belfry {

namespace {

/// Bounds one write, so that other connections get their turn.
constexpr std::size_t write_bytes_max = 1 << 20;

io_progress progress_of(ssize_t moved, std::size_t& count) {
  count = moved > 0 ? static_cast<std::size_t>(moved) : 0;
  if (moved > 0)
    return io_progress::moved;
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return io_progress::would_block;
  return io_progress::closed;
}

io_progress progress_of(tls_outcome outcome) {
  switch (outcome) {
  case tls_outcome::done:
    return io_progress::moved;
  case tls_outcome::failed:
    return io_progress::closed;
  default:
    return io_progress::would_block;
  }
}

} // namespace

io_progress read_link(const link_layer& layer, int socket, void* buffer, std::size_t size,
                      std::size_t& count) {
  if (layer.tls)
    return progress_of(tls_read(*layer.tls, buffer, size, count));
  if (layer.records)
    return layer.records->reader.read(socket, buffer, size, count);
  return progress_of(recv(socket, buffer, size, 0), count);
}

io_progress write_link(const link_layer& layer, int socket, const void* data, std::size_t size,
                       std::size_t& count) {
  if (layer.records)
    return layer.records->writer.write(socket, data, std::min(size, write_bytes_max), count);
  if (!layer.tls)
    return progress_of(send(socket, data, size, MSG_NOSIGNAL), count);
  // A TLS record holds 16 KiB: one record per call would need one event for each.
  count = 0;
  auto last = tls_outcome::done;
  while (count < std::min(size, write_bytes_max) && last == tls_outcome::done) {
    std::size_t written = 0;
    last = tls_write(*layer.tls, static_cast<const char*>(data) + count, size - count, written);
    count += written;
  }
  return count > 0 && last != tls_outcome::failed ? io_progress::moved : progress_of(last);
}

std::size_t pending_bytes(const link_layer& layer) {
  if (layer.tls)
    return tls_pending(*layer.tls);
  return layer.records ? layer.records->reader.pending() : 0;
}

bool is_peer_closed(int socket) {
  pollfd watched{socket, POLLRDHUP, 0};
  return poll(&watched, 1, 0) > 0;
}

void shut_down_link(int socket) {
  shutdown(socket, SHUT_RDWR);
}

} // namespace belfry
