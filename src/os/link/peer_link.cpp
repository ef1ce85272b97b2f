#include "os/link/peer_link.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace belfry {

namespace {

/// A large write takes turns with other connections.
constexpr std::size_t write_bytes_max = 1 << 20;

io_progress progress_of(ssize_t moved, std::size_t& count) {
  count = moved > 0 ? static_cast<std::size_t>(moved) : 0;
  if (moved > 0)
    return io_progress::some;
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return io_progress::none;
  return io_progress::closed;
}

io_progress progress_of(tls_outcome outcome) {
  switch (outcome) {
  case tls_outcome::done:
    return io_progress::some;
  case tls_outcome::failed:
    return io_progress::closed;
  default:
    return io_progress::none;
  }
}

} // namespace

io_progress read_link(ssl_st* session, int socket, void* to, std::size_t size, std::size_t& count) {
  if (session)
    return progress_of(tls_read(*session, to, size, count));
  return progress_of(recv(socket, to, size, 0), count);
}

io_progress write_link(ssl_st* session, int socket, const void* from, std::size_t size,
                       std::size_t& count) {
  if (!session)
    return progress_of(send(socket, from, size, MSG_NOSIGNAL), count);
  // A TLS record holds 16 KiB: one per call would cost a wait for each.
  count = 0;
  auto last = tls_outcome::done;
  while (count < std::min(size, write_bytes_max) && last == tls_outcome::done) {
    std::size_t put = 0;
    last = tls_write(*session, static_cast<const char*>(from) + count, size - count, put);
    count += put;
  }
  return count > 0 && last != tls_outcome::failed ? io_progress::some : progress_of(last);
}

bool is_peer_closed(int socket) {
  pollfd watched{socket, POLLRDHUP, 0};
  return poll(&watched, 1, 0) > 0;
}

void shut_down_link(int socket) {
  shutdown(socket, SHUT_RDWR);
}

} // namespace belfry
