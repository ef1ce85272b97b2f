#pragma once

#include "belfry/result.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace belfry {

/// An IPv4 or IPv6 address with a port, as the system takes it.
struct socket_address {
  sockaddr_storage bytes{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
};

/// The addresses of `host`, a name or an address, in the system's order: at least one. With
/// `is_passive` also `*`, which is every address of this machine. Fails with `errc::unavailable`
/// and the system's error text. May take as long as the system needs to resolve a name.
[[nodiscard]] result<std::vector<socket_address>>
resolve(const std::string& host, std::uint16_t port, bool is_passive = false);

/// The two ends of a connection; an address without a family if the connection is gone.
[[nodiscard]] socket_address remote_address_of(int socket);
[[nodiscard]] socket_address local_address_of(int socket);

[[nodiscard]] std::uint16_t port_of(const socket_address& address);
void set_port(socket_address& address, std::uint16_t port);

/// Whether the address is of this machine only: `127.0.0.0/8`, `::1`.
[[nodiscard]] bool is_loopback(const socket_address& address);

/// `10.0.0.1`, `::1`; `unknown` for an address without a family.
[[nodiscard]] std::string host_of(const socket_address& address);
/// The network of one owner, as far as that can be told: the IPv4 address, or the first 64 bits of
/// an IPv6 address, because one machine may use all addresses of a /64.
[[nodiscard]] std::string network_of(const socket_address& address);
/// `10.0.0.1:4100`, `[::1]:4100`.
[[nodiscard]] std::string text_of(const socket_address& address);

} // namespace belfry
