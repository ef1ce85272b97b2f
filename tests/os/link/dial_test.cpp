#include "os/link/dial.hpp"

#include "link_fixture.hpp"
#include "os/descriptor.hpp"
#include "os/link/listening_sockets.hpp"
#include "os/link/socket_address.hpp"

#include <sys/socket.h>

using namespace belfry;
using namespace belfry::test;

namespace {

const std::atomic<bool> never_cancelled{false};

/// A port that is taken, so that no process can listen on it.
class silent_port {
public:
  silent_port() {
    const auto any = resolve("127.0.0.1", 0);
    REQUIRE(any.ok());
    REQUIRE(bind(socket_.number(), any->front().get(), any->front().size) == 0);
  }

  [[nodiscard]] std::uint16_t number() const { return port_of(local_address_of(socket_.number())); }

private:
  const descriptor socket_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

} // namespace

TEST_CASE("a node with the same credentials is connected to", "[dial]") {
  recording_acceptor node{load_credentials({})};
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    const auto link =
        dial({host, node.port()}, load_credentials({}), test_timeout, never_cancelled);
    REQUIRE(link.ok());
    CHECK(link->socket.is_open());
    CHECK_FALSE(node.accepted().peer.empty());
  }
}

TEST_CASE("a port where nobody listens is refused at once", "[dial]") {
  const silent_port silent;
  const auto link =
      dial({"127.0.0.1", silent.number()}, load_credentials({}), test_timeout, never_cancelled);
  REQUIRE_FALSE(link.ok());
  CHECK(link.error() == failure{errc::unavailable, "Connection refused"});
}

TEST_CASE("an unknown host is refused", "[dial]") {
  CHECK_FALSE(
      dial({"no host has blanks", 1}, load_credentials({}), test_timeout, never_cancelled).ok());
}

TEST_CASE("a cancelled dial ends without a connection", "[dial]") {
  const std::atomic<bool> is_cancelled{true};
  CHECK_FALSE(dial({"127.0.0.1", 1}, load_credentials({}), test_timeout, is_cancelled).ok());
}

TEST_CASE("a node that sends nothing is given up after the timeout", "[dial]") {
  const auto silent = listen_at({"127.0.0.1", 0});
  REQUIRE(silent.ok());
  const auto link =
      dial({"127.0.0.1", silent->port}, load_credentials({}), duration{300}, never_cancelled);
  REQUIRE_FALSE(link.ok());
  CHECK(link.error() == failure{errc::unavailable, "it sends nothing: no answer in time"});
}

TEST_CASE("nothing is sent to another machine in plain text unless that is allowed", "[dial]") {
  // An address reserved for documentation: connecting would end in a timeout.
  const auto link = dial({"192.0.2.1", 4100}, load_credentials({}), test_timeout, never_cancelled);
  REQUIRE_FALSE(link.ok());
  CHECK(link.error().code == errc::invalid_argument);
  CHECK(link.error().what.find("it is another machine") == 0);
}
