#include "os/link/dial.hpp"

#include "os/link/handshake/link_handshake.hpp"
#include "os/link/socket_address.hpp"

#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

namespace belfry {

namespace {

using steady = std::chrono::steady_clock;

/// How often a waiting call checks whether it is cancelled.
constexpr duration cancel_check_interval{50};

failure unreachable(const std::string& reason) {
  return {errc::unavailable, reason};
}

/// Waits for a socket, until a deadline or cancellation.
class socket_waiter {
public:
  socket_waiter(steady::time_point deadline, const std::atomic<bool>& is_cancelled)
      : deadline_(deadline), is_cancelled_(is_cancelled) {}

  /// Returns the reason for giving up; empty: the socket is ready.
  [[nodiscard]] std::string wait_for(int socket, short events) const {
    while (!is_cancelled_) {
      const auto left = std::chrono::duration_cast<duration>(deadline_ - steady::now());
      if (left.count() <= 0)
        return "no answer in time";
      pollfd watched{socket, events, 0};
      const auto ready =
          poll(&watched, 1, static_cast<int>(std::min(left, cancel_check_interval).count()));
      if (ready > 0)
        return {};
      if (ready < 0 && errno != EINTR)
        return std::strerror(errno);
    }
    return "cancelled";
  }

private:
  const steady::time_point deadline_;
  const std::atomic<bool>& is_cancelled_;
};

result<descriptor> connect_to(const socket_address& address, const socket_waiter& waiter) {
  descriptor socket{
      ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.is_open())
    return unreachable(std::strerror(errno));
  if (connect(socket.number(), address.get(), address.size) == 0)
    return socket;
  if (errno != EINPROGRESS)
    return unreachable(std::strerror(errno));
  if (const auto reason = waiter.wait_for(socket.number(), POLLOUT); !reason.empty())
    return unreachable(reason);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0)
    return unreachable(std::strerror(error));
  return socket;
}

result<peer_link> run_handshake(std::unique_ptr<link_handshake> handshake,
                                const socket_waiter& waiter) {
  for (;;) {
    const auto state = handshake->advance();
    if (state == handshake_state::done)
      return handshake->release_link();
    if (state == handshake_state::failed)
      return failure{errc::invalid_argument, handshake->reason()};
    const short events = state == handshake_state::wants_read ? POLLIN : POLLOUT;
    if (const auto reason = waiter.wait_for(handshake->socket(), events); !reason.empty())
      return unreachable(handshake->reason() + ": " + reason);
  }
}

result<peer_link> dial_address(const socket_address& address,
                               const std::shared_ptr<const transport_credentials>& credentials,
                               const socket_waiter& waiter) {
  if (credentials->offered_methods(is_loopback(address)) == 0)
    return failure{errc::invalid_argument,
                   "it is another machine, and plain text could be read on the way: use TLS "
                   "(--tls-cert, --tls-key, --tls-ca), or allow it (--insecure)"};
  auto socket = connect_to(address, waiter);
  if (!socket)
    return socket.error();
  return run_handshake(make_client_handshake(std::move(*socket), credentials), waiter);
}

/// Frees what OpenSSL has allocated for this thread: a thread that ends together with its process
/// would leak it.
struct openssl_thread_guard {
  openssl_thread_guard() = default;
  ~openssl_thread_guard() { OPENSSL_thread_stop(); }
  openssl_thread_guard(const openssl_thread_guard&) = delete;
  openssl_thread_guard& operator=(const openssl_thread_guard&) = delete;
};

} // namespace

result<peer_link> dial(const node_address& address,
                       const std::shared_ptr<const transport_credentials>& credentials,
                       duration timeout, const std::atomic<bool>& is_cancelled) {
  const openssl_thread_guard guard;
  const auto deadline = steady::now() + timeout;
  const auto addresses = resolve(address.host, address.port);
  if (!addresses)
    return addresses.error();
  auto error = unreachable("cancelled");
  for (std::size_t i = 0; i < addresses->size() && !is_cancelled; ++i) {
    const auto now = steady::now();
    const auto share = (deadline - now) / static_cast<int>(addresses->size() - i);
    auto link = dial_address((*addresses)[i], credentials, {now + share, is_cancelled});
    if (link)
      return link;
    // A refusal is more informative than a timeout at another address.
    if (error.code == errc::unavailable)
      error = link.error();
  }
  return error;
}

} // namespace belfry
