// Strangers at the door of a node, many at once: see also tests/cli for a whole node.
#include "os/link/link_acceptor.hpp"

#include "attacker.hpp"
#include "link_fixture.hpp"
#include "raw_connection.hpp"

#include <memory>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr int strangers_count = 1'000;

} // namespace

TEST_CASE("a thousand strangers keep no friend out", "[link][hostile]") {
  allow_descriptors(3 * strangers_count);
  prng chance{2026};
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    recording_acceptor node{load_credentials(security), {.handshake = test_timeout}};
    std::vector<std::unique_ptr<raw_connection>> strangers;
    for (int i = 0; i < strangers_count; ++i) {
      strangers.push_back(std::make_unique<raw_connection>(node.port()));
      strangers.back()->say(random_attack(chance));
    }

    CHECK(dial_as(security, node).ok());
    (void)node.accepted();
  }
}

TEST_CASE("no bytes of a stranger get past the door", "[link][hostile]") {
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    recording_acceptor node{load_credentials(security)};
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      prng chance{seed};
      raw_connection stranger{node.port()};
      stranger.say(random_attack(chance));
      shutdown(stranger.number(), SHUT_WR);
      (void)stranger.receive_all();
      INFO("seed " << seed);
      CHECK_FALSE(node.refusal().empty());
    }
    CHECK(dial_as(security, node).ok());
  }
}
