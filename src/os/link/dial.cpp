#include "os/link/dial.hpp"

#include "os/link/link_handshake.hpp"
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

/// How often a waiting call looks whether it is given up.
constexpr duration glance{50};

failure unreachable(const std::string& why) {
  return {errc::unavailable, why};
}

/// Waits for a socket, until a time or until it is given up.
class wait_limit {
public:
  wait_limit(steady::time_point end, const std::atomic<bool>& is_cancelled)
      : end_(end), is_cancelled_(is_cancelled) {}

  /// Returns why it is over; empty: the socket is ready.
  [[nodiscard]] std::string wait_for(int socket, short events) const {
    while (!is_cancelled_) {
      const auto left = std::chrono::duration_cast<duration>(end_ - steady::now());
      if (left.count() <= 0)
        return "no answer in time";
      pollfd watched{socket, events, 0};
      const auto ready = poll(&watched, 1, static_cast<int>(std::min(left, glance).count()));
      if (ready > 0)
        return {};
      if (ready < 0 && errno != EINTR)
        return std::strerror(errno);
    }
    return "given up";
  }

private:
  const steady::time_point end_;
  const std::atomic<bool>& is_cancelled_;
};

result<descriptor> connect_to(const socket_address& to, const wait_limit& waiting) {
  descriptor socket{::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.is_open())
    return unreachable(std::strerror(errno));
  if (connect(socket.number(), to.get(), to.size) == 0)
    return socket;
  if (errno != EINPROGRESS)
    return unreachable(std::strerror(errno));
  if (const auto why = waiting.wait_for(socket.number(), POLLOUT); !why.empty())
    return unreachable(why);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0)
    return unreachable(std::strerror(error));
  return socket;
}

result<peer_link> run_handshake(std::unique_ptr<link_handshake> handshake,
                                const wait_limit& waiting) {
  for (;;) {
    const auto state = handshake->advance();
    if (state == handshake_state::done)
      return handshake->take();
    if (state == handshake_state::failed)
      return failure{errc::invalid_argument, handshake->why()};
    const short events = state == handshake_state::wants_read ? POLLIN : POLLOUT;
    if (const auto why = waiting.wait_for(handshake->socket(), events); !why.empty())
      return unreachable(handshake->why() + ": " + why);
  }
}

result<peer_link> dial_address(const socket_address& to,
                               const std::shared_ptr<const transport_credentials>& credentials,
                               const wait_limit& waiting) {
  if (credentials->offered_methods(is_loopback(to)) == 0)
    return failure{errc::invalid_argument,
                   "it is another machine, and plain text could be read on the way: use TLS "
                   "(--tls-cert, --tls-key, --tls-ca), or allow it (--insecure)"};
  auto socket = connect_to(to, waiting);
  if (!socket)
    return socket.error();
  return run_handshake(make_client_handshake(std::move(*socket), credentials), waiting);
}

/// What OpenSSL has made for this thread is gone with the call: a thread that ends together with
/// its process would leave it behind.
struct openssl_stay {
  openssl_stay() = default;
  ~openssl_stay() { OPENSSL_thread_stop(); }
  openssl_stay(const openssl_stay&) = delete;
  openssl_stay& operator=(const openssl_stay&) = delete;
};

} // namespace

result<peer_link> dial(const node_address& place,
                       const std::shared_ptr<const transport_credentials>& credentials,
                       duration timeout, const std::atomic<bool>& is_cancelled) {
  const openssl_stay stay;
  const auto end = steady::now() + timeout;
  const auto addresses = resolve(place.host, place.port);
  if (!addresses)
    return addresses.error();
  auto told = unreachable("given up");
  for (std::size_t i = 0; i < addresses->size() && !is_cancelled; ++i) {
    const auto now = steady::now();
    const auto share = (end - now) / static_cast<int>(addresses->size() - i);
    auto link = dial_address((*addresses)[i], credentials, {now + share, is_cancelled});
    if (link)
      return link;
    // A refusal says more than silence at another address.
    if (told.code == errc::unavailable)
      told = link.error();
  }
  return told;
}

} // namespace belfry
