#include "os/link/socket_address.hpp"

#include <netdb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>

namespace belfry {

namespace {

const sockaddr_in& as_ipv4(const socket_address& address) {
  return reinterpret_cast<const sockaddr_in&>(address.bytes);
}

const sockaddr_in6& as_ipv6(const socket_address& address) {
  return reinterpret_cast<const sockaddr_in6&>(address.bytes);
}

bool is_ipv6(const socket_address& address) {
  return address.bytes.ss_family == AF_INET6;
}

} // namespace

result<std::vector<socket_address>> resolve(const std::string& host, std::uint16_t port,
                                            bool is_passive) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = is_passive ? AI_PASSIVE : 0;
  const auto service = std::to_string(port);
  addrinfo* first = nullptr;
  const bool is_any = is_passive && host == "*";
  const auto error = getaddrinfo(is_any ? nullptr : host.c_str(), service.c_str(), &hints, &first);
  if (error != 0)
    return failure{errc::unavailable,
                   error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list{first, freeaddrinfo};
  std::vector<socket_address> found;
  for (const auto* entry = first; entry; entry = entry->ai_next) {
    socket_address address;
    std::memcpy(&address.bytes, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    found.push_back(address);
  }
  if (found.empty())
    return failure{errc::unavailable, "the host has no address"};
  return found;
}

socket_address remote_address_of(int socket) {
  socket_address address;
  getpeername(socket, address.get(), &address.size);
  return address;
}

socket_address local_address_of(int socket) {
  socket_address address;
  getsockname(socket, address.get(), &address.size);
  return address;
}

std::uint16_t port_of(const socket_address& address) {
  return ntohs(is_ipv6(address) ? as_ipv6(address).sin6_port : as_ipv4(address).sin_port);
}

void set_port(socket_address& address, std::uint16_t port) {
  if (is_ipv6(address))
    reinterpret_cast<sockaddr_in6&>(address.bytes).sin6_port = htons(port);
  else
    reinterpret_cast<sockaddr_in&>(address.bytes).sin_port = htons(port);
}

bool is_loopback(const socket_address& address) {
  constexpr unsigned loopback_net = 127;
  if (address.bytes.ss_family == AF_INET)
    return ntohl(as_ipv4(address).sin_addr.s_addr) >> 24 == loopback_net;
  if (!is_ipv6(address))
    return false;
  const auto& bytes = as_ipv6(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&bytes) ||
         (IN6_IS_ADDR_V4MAPPED(&bytes) && bytes.s6_addr[12] == loopback_net);
}

std::string host_of(const socket_address& address) {
  std::array<char, NI_MAXHOST> host{};
  const bool is_known = getnameinfo(address.get(), address.size, host.data(), host.size(), nullptr,
                                    0, NI_NUMERICHOST) == 0;
  return is_known ? host.data() : "unknown";
}

std::string network_of(const socket_address& address) {
  if (!is_ipv6(address) || IN6_IS_ADDR_V4MAPPED(&as_ipv6(address).sin6_addr))
    return host_of(address);
  auto prefix = address;
  auto& bytes = reinterpret_cast<sockaddr_in6&>(prefix.bytes).sin6_addr.s6_addr;
  std::fill(std::begin(bytes) + 8, std::end(bytes), 0);
  return host_of(prefix);
}

std::string text_of(const socket_address& address) {
  const auto host = host_of(address);
  return (is_ipv6(address) ? "[" + host + "]" : host) + ":" + std::to_string(port_of(address));
}

} // namespace belfry
