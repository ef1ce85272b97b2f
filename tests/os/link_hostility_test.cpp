// Strangers at the door of a node, many at once: see also tests/cli for a whole node.
#include "os/link_acceptor.hpp"

#include "link_fixture.hpp"
#include "os/link_word.hpp"
#include "random/prng.hpp"
#include "raw_connection.hpp"

#include <sys/resource.h>

#include <memory>
#include <set>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr int strangers_count = 1'000;

std::string noise(prng& chance, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& one : bytes)
    one = static_cast<char>(chance.next());
  return bytes;
}

std::string hello(link_kind kind) {
  link_word word;
  word.kinds = static_cast<std::uint8_t>(kind);
  const auto bytes = to_bytes(word);
  return {bytes.begin(), bytes.end()};
}

/// Something that a stranger might send, more or less like what a friend does.
std::string drawn_attack(prng& chance) {
  const auto kind = static_cast<link_kind>(1 << chance.below(4));
  switch (chance.below(6)) {
  case 0:
    return {};
  case 1:
    return noise(chance, 1 + chance.below(4'000));
  case 2:
    return hello(kind).substr(0, chance.below(link_word::bytes));
  case 3:
    return hello(kind) + noise(chance, chance.below(4'000));
  case 4: // A TLS record that announces more than there is.
    return hello(link_kind::tls) + std::string{"\x16\x03\x01\xff\xff\x01\x00\xff\xff", 9};
  default: {
    auto bent = hello(kind);
    bent[chance.below(bent.size())] = static_cast<char>(chance.next());
    return bent;
  }
  }
}

/// Descriptors for both ends of all strangers.
void allow_descriptors() {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_cur > 3 * strangers_count);
}

} // namespace

TEST_CASE("a thousand strangers keep no friend out", "[link][hostile]") {
  allow_descriptors();
  prng chance{2026};
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    watched_acceptor node{keys_of(security), {.handshake = long_enough}};
    std::vector<std::unique_ptr<raw_connection>> strangers;
    for (int i = 0; i < strangers_count; ++i) {
      strangers.push_back(std::make_unique<raw_connection>(node.port()));
      strangers.back()->say(drawn_attack(chance));
    }

    CHECK(dial_as(security, node).ok());
    (void)node.accepted();
  }
}

TEST_CASE("no bytes of a stranger get past the door", "[link][hostile]") {
  for (const auto& security : {link_security{}, credentials().tls("node")}) {
    watched_acceptor node{keys_of(security)};
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      prng chance{seed};
      raw_connection stranger{node.port()};
      stranger.say(drawn_attack(chance));
      shutdown(stranger.number(), SHUT_WR);
      (void)stranger.hear_all();
      INFO("seed " << seed);
      CHECK_FALSE(node.refusal().empty());
    }
    CHECK(dial_as(security, node).ok());
  }
}
