#include "os/dial.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// A socket of this machine, bound to a port of its own; it listens if it is told to.
class loopback_port {
public:
  explicit loopback_port(bool is_listening) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    number = ntohs(address.sin_port);
    if (is_listening)
      REQUIRE(listen(socket_, 1) == 0);
  }
  ~loopback_port() { close(socket_); }
  loopback_port(const loopback_port&) = delete;
  loopback_port& operator=(const loopback_port&) = delete;

  std::uint16_t number = 0;

private:
  int socket_;
};

const std::atomic<bool> never{false};

} // namespace

TEST_CASE("a connection to a port where somebody listens stands", "[dial]") {
  const loopback_port port{true};
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    const auto socket = dial(host, port.number, 10s, never);
    REQUIRE(socket.ok());
    CHECK(write(*socket, "x", 1) == 1);
    close(*socket);
  }
}

TEST_CASE("a port where nobody listens is refused at once", "[dial]") {
  const loopback_port port{false};
  const auto socket = dial("127.0.0.1", port.number, 10s, never);
  REQUIRE_FALSE(socket.ok());
  CHECK(socket.error() == failure{errc::unavailable, "Connection refused"});
}

TEST_CASE("a host that is no host is refused", "[dial]") {
  CHECK_FALSE(dial("no host has blanks", 1, 10s, never).ok());
}

TEST_CASE("a dial that is given up ends without a connection", "[dial]") {
  const std::atomic<bool> is_given_up{true};
  CHECK_FALSE(dial("127.0.0.1", 1, 10s, is_given_up).ok());
}
