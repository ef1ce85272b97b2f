#include "os/link/listening_sockets.hpp"

#include "os/link/socket_address.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace belfry {

namespace {

constexpr int backlog = 1024;
/// A free port at the first address may be taken at the second.
constexpr int attempts_max = 10;

void set_flag(int socket, int level, int option, int value) {
  setsockopt(socket, level, option, &value, sizeof value);
}

/// A closed descriptor: the error is in errno.
descriptor listen_on(const socket_address& address) {
  const int family = address.bytes.ss_family;
  descriptor socket{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket.is_open())
    return socket;
  set_flag(socket.number(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) // IPv4 has a socket of its own.
    set_flag(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (bind(socket.number(), address.get(), address.size) != 0 ||
      listen(socket.number(), backlog) != 0) {
    const auto error = errno;
    socket.close();
    errno = error;
  }
  return socket;
}

/// A host may have addresses of a family that this machine does not support.
bool is_unsupported_address(int error) {
  return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

result<listening_sockets> listen_once(std::vector<socket_address> addresses, std::uint16_t port) {
  listening_sockets all;
  all.is_loopback = true;
  int error = 0;
  for (auto& address : addresses) {
    set_port(address, all.sockets.empty() ? port : all.port);
    auto socket = listen_on(address);
    if (!socket.is_open() && !is_unsupported_address(error = errno))
      return failure{errc::unavailable, std::strerror(error)};
    if (!socket.is_open())
      continue;
    all.port = port_of(local_address_of(socket.number()));
    all.is_loopback = all.is_loopback && is_loopback(address);
    all.sockets.push_back(std::move(socket));
  }
  if (all.sockets.empty())
    return failure{errc::unavailable, std::strerror(error)};
  return all;
}

} // namespace

result<listening_sockets> listen_at(const node_address& address) {
  const auto addresses = resolve(address.host, address.port, true);
  if (!addresses)
    return addresses.error();
  auto all = listen_once(*addresses, address.port);
  for (int attempts = 1; !all && address.port == 0 && attempts < attempts_max; ++attempts)
    all = listen_once(*addresses, address.port);
  return all;
}

} // namespace belfry
