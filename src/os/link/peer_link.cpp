#include "os/link/peer_link.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace belfry {

namespace {

/// A large write takes turns with other connections.
constexpr std::size_t write_bytes_max = 1 << 20;

link_progress progress_of(ssize_t moved, std::size_t& count) {
  count = moved > 0 ? static_cast<std::size_t>(moved) : 0;
  if (moved > 0)
    return link_progress::some;
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return link_progress::none;
  return link_progress::broken;
}

link_progress progress_of(tls_outcome outcome) {
  switch (outcome) {
  case tls_outcome::done:
    return link_progress::some;
  case tls_outcome::failed:
    return link_progress::broken;
  default:
    return link_progress::none;
  }
}

} // namespace

link_progress read_link(ssl_st* session, int socket, void* to, std::size_t size,
                        std::size_t& count) {
  if (session)
    return progress_of(tls_read(*session, to, size, count));
  return progress_of(recv(socket, to, size, 0), count);
}

link_progress write_link(ssl_st* session, int socket, const void* from, std::size_t size,
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
  return count > 0 && last != tls_outcome::failed ? link_progress::some : progress_of(last);
}

bool has_hung_up(int socket) {
  pollfd watched{socket, POLLRDHUP, 0};
  return poll(&watched, 1, 0) > 0;
}

void cut_link(int socket) {
  shutdown(socket, SHUT_RDWR);
}

} // namespace belfry
