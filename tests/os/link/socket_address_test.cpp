#include "os/link/socket_address.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

socket_address address(const std::string& host, bool is_passive = false) {
  const auto found = resolve(host, 4100, is_passive);
  REQUIRE(found.ok());
  return found->front();
}

} // namespace

TEST_CASE("an address is written with its port", "[address]") {
  CHECK(text_of(address("127.0.0.1")) == "127.0.0.1:4100");
  CHECK(text_of(address("::1")) == "[::1]:4100");
  CHECK(host_of(address("::1")) == "::1");
  CHECK(text_of({}) == "unknown:0");
}

TEST_CASE("only addresses of this machine are loopback", "[address]") {
  for (const auto* here : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    CHECK(is_loopback(address(here)));
  for (const auto* there : {"10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "fe80::1", "128.0.0.1"})
    CHECK_FALSE(is_loopback(address(there)));
  CHECK_FALSE(is_loopback(address("*", true)));
  CHECK_FALSE(is_loopback({}));
}

TEST_CASE("all addresses of an IPv6 /64 are one network", "[address]") {
  CHECK(network_of(address("10.1.2.3")) == "10.1.2.3");
  CHECK(network_of(address("2001:db8:1:2:3:4:5:6")) == "2001:db8:1:2::");
  CHECK(network_of(address("2001:db8:1:2::9")) == network_of(address("2001:db8:1:2:3:4:5:6")));
  CHECK(network_of(address("2001:db8:1:3::9")) != network_of(address("2001:db8:1:2::9")));
  CHECK(network_of(address("::ffff:10.1.2.3")) != network_of(address("::ffff:10.1.2.4")));
  CHECK(network_of({}) == "unknown");
}

TEST_CASE("the port of an address can be set", "[address]") {
  for (const auto* host : {"127.0.0.1", "::1"}) {
    auto changed = address(host);
    set_port(changed, 17);
    CHECK(port_of(changed) == 17);
  }
}

TEST_CASE("an unknown host has no address", "[address]") {
  CHECK(resolve("no host has blanks", 1).error().code == errc::unavailable);
}
