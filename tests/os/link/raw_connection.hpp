#pragma once

#include "os/descriptor.hpp"
#include "os/link/socket_address.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace belfry::test {

/// A TCP connection of somebody who does not follow any rule. It blocks, but not for ever.
class raw_connection {
public:
  /// `from` is one of the addresses of this machine.
  explicit raw_connection(std::uint16_t port, const std::string& from = "127.0.0.1") {
    const auto addresses = resolve("127.0.0.1", port);
    const auto own = resolve(from, 0);
    REQUIRE((addresses.ok() && own.ok()));
    socket_ = descriptor{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const timeval patience{20, 0};
    setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(bind(socket_.number(), own->front().get(), own->front().size) == 0);
    REQUIRE(connect(socket_.number(), addresses->front().get(), addresses->front().size) == 0);
  }

  /// The other side may have closed already.
  void say(const std::string& bytes) {
    (void)send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// All that comes until the other side closes; nothing more than that is waited for.
  std::string receive_all() {
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
      const auto size = recv(socket_.number(), piece.data(), piece.size(), 0);
      if (size <= 0)
        return text;
      text.append(piece.data(), static_cast<std::size_t>(size));
    }
  }

  [[nodiscard]] int number() const { return socket_.number(); }

private:
  descriptor socket_;
};

} // namespace belfry::test
