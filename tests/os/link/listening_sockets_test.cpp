#include "os/link/listening_sockets.hpp"

#include "raw_connection.hpp"

using namespace belfry;

TEST_CASE("who listens at any free port knows which it is", "[listening]") {
  const auto at = listen_at({"127.0.0.1", 0});

  REQUIRE(at.ok());
  CHECK(at->port != 0);
  CHECK(at->is_loopback);
  const test::raw_connection reaches{at->port};
}

TEST_CASE("who listens at every address can be reached from elsewhere", "[listening]") {
  for (const auto* host : {"*", "0.0.0.0"}) {
    const auto at = listen_at({host, 0});
    REQUIRE(at.ok());
    CHECK_FALSE(at->is_loopback);
    const test::raw_connection reaches{at->port};
  }
}

TEST_CASE("a name with several addresses is listened to at one port", "[listening]") {
  const auto at = listen_at({"localhost", 0});

  REQUIRE(at.ok());
  CHECK(at->is_loopback);
  for (const auto& one : at->sockets)
    CHECK(port_of(local_address_of(one.number())) == at->port);
}

TEST_CASE("a port that is taken, and an address of elsewhere, are refused", "[listening]") {
  const auto first = listen_at({"127.0.0.1", 0});
  REQUIRE(first.ok());

  CHECK(listen_at({"127.0.0.1", first->port}).error().code == errc::unavailable);
  CHECK(listen_at({"192.0.2.1", 0}).error().code == errc::unavailable);
}
