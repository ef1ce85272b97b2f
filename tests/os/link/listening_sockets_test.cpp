#include "os/link/listening_sockets.hpp"

#include "raw_connection.hpp"
#include "support/own_loopback.hpp"

using namespace belfry;

TEST_CASE("a listener on any free port knows which port it has", "[listening]") {
  const auto listener = listen_at({"127.0.0.1", 0});

  REQUIRE(listener.ok());
  CHECK(listener->port != 0);
  CHECK(listener->is_loopback);
  const test::raw_connection client{listener->port};
}

TEST_CASE("a listener on every address is not limited to loopback", "[listening]") {
  for (const auto* host : {"*", "0.0.0.0"}) {
    const auto listener = listen_at({host, 0});
    REQUIRE(listener.ok());
    CHECK_FALSE(listener->is_loopback);
    const test::raw_connection client{listener->port};
  }
}

TEST_CASE("a name with several addresses has one port", "[listening]") {
  const auto listener = listen_at({"localhost", 0});

  REQUIRE(listener.ok());
  CHECK(listener->is_loopback);
  for (const auto& socket : listener->sockets)
    CHECK(port_of(local_address_of(socket.number())) == listener->port);
}

TEST_CASE("each loopback address has ports of its own", "[listening]") {
  const auto usual = listen_at({"127.0.0.1", 0});
  REQUIRE(usual.ok());
  const auto own = listen_at({test::own_loopback(), usual->port});

  REQUIRE(own.ok());
  CHECK(own->is_loopback);
}

TEST_CASE("a port in use and an address of another machine are refused", "[listening]") {
  const auto first = listen_at({"127.0.0.1", 0});
  REQUIRE(first.ok());

  CHECK(listen_at({"127.0.0.1", first->port}).error().code == errc::unavailable);
  CHECK(listen_at({"192.0.2.1", 0}).error().code == errc::unavailable);
}
