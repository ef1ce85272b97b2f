// Many hostile peers of one node at once; tests/cli does the same with a whole node.
#include "os/link/link_acceptor.hpp"

#include "attacker.hpp"
#include "link_fixture.hpp"
#include "raw_connection.hpp"

#include <memory>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr int peer_count = 1'000;

} // namespace

TEST_CASE("a thousand hostile peers keep no authenticated client out", "[link][hostile]") {
  allow_descriptors(3 * peer_count);
  prng random{2026};
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    recording_acceptor node{load_credentials(security), {.handshake_timeout = test_timeout}};
    std::vector<std::unique_ptr<raw_connection>> peers;
    for (int i = 0; i < peer_count; ++i) {
      peers.push_back(std::make_unique<raw_connection>(node.port()));
      peers.back()->send_bytes(random_attack(random));
    }

    CHECK(dial_as(security, node).ok());
    (void)node.accepted();
  }
}

TEST_CASE("random bytes never pass the handshake", "[link][hostile]") {
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    recording_acceptor node{load_credentials(security)};
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      prng random{seed};
      raw_connection peer{node.port()};
      peer.send_bytes(random_attack(random));
      shutdown(peer.number(), SHUT_WR);
      (void)peer.receive_all();
      INFO("seed " << seed);
      CHECK_FALSE(node.refusal().empty());
    }
    CHECK(dial_as(security, node).ok());
  }
}
