#pragma once

#include "os/descriptor.hpp"
#include "os/link/socket_address.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace belfry::test {

/// A TCP connection of a peer that follows no protocol. Receiving blocks up to a timeout.
class raw_connection {
public:
  /// `local_host` is one of the addresses of this machine.
  explicit raw_connection(std::uint16_t port, const std::string& local_host = "127.0.0.1") {
    const auto addresses = resolve("127.0.0.1", port);
    const auto own = resolve(local_host, 0);
    REQUIRE((addresses.ok() && own.ok()));
    socket_ = descriptor{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int is_on = 1; // The port need not differ from those of connections to other nodes.
    setsockopt(socket_.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &is_on, sizeof is_on);
    const timeval timeout{20, 0};
    setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    REQUIRE(bind(socket_.number(), own->front().get(), own->front().size) == 0);
    REQUIRE(connect(socket_.number(), addresses->front().get(), addresses->front().size) == 0);
  }

  /// Ignores errors: the peer may have closed the connection already.
  void send_bytes(const std::string& bytes) {
    (void)send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// Everything received until the peer closes the connection.
  std::string receive_all() {
    std::string text;
    std::array<char, 4096> chunk{};
    for (;;) {
      const auto size = recv(socket_.number(), chunk.data(), chunk.size(), 0);
      if (size <= 0)
        return text;
      text.append(chunk.data(), static_cast<std::size_t>(size));
    }
  }

  [[nodiscard]] int number() const { return socket_.number(); }

private:
  descriptor socket_;
};

} // namespace belfry::test
