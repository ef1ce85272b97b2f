#pragma once

#include "os/link/handshake_message.hpp"
#include "random/prng.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry::test {

inline std::string noise(prng& chance, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& one : bytes)
    one = static_cast<char>(chance.next());
  return bytes;
}

inline std::string hello_of(auth_method kind) {
  handshake_message word;
  word.methods = static_cast<std::uint8_t>(kind);
  const auto bytes = to_bytes(word);
  return {bytes.begin(), bytes.end()};
}

/// Something that a stranger might send, more or less like what a friend does.
inline std::string random_attack(prng& chance) {
  const auto kind = static_cast<auth_method>(1 << chance.below(4));
  switch (chance.below(6)) {
  case 0:
    return {};
  case 1:
    return noise(chance, 1 + chance.below(4'000));
  case 2:
    return hello_of(kind).substr(0, chance.below(handshake_message::bytes));
  case 3:
    return hello_of(kind) + noise(chance, chance.below(4'000));
  case 4: // A TLS record that announces more than there is.
    return hello_of(auth_method::tls) + std::string{"\x16\x03\x01\xff\xff\x01\x00\xff\xff", 9};
  default: {
    auto bent = hello_of(kind);
    bent[chance.below(bent.size())] = static_cast<char>(chance.next());
    return bent;
  }
  }
}

/// As many as this process may ever have; its children, too.
inline void allow_descriptors(rlim_t count) {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_cur > count);
}

} // namespace belfry::test
