#pragma once

#include "os/link/handshake/handshake_message.hpp"
#include "random/prng.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry::test {

inline std::string noise(prng& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& letter : bytes)
    letter = static_cast<char>(random.next());
  return bytes;
}

inline std::string hello_of(auth_method method) {
  handshake_message message;
  message.methods = static_cast<std::uint8_t>(method);
  const auto bytes = to_bytes(message);
  return {bytes.begin(), bytes.end()};
}

/// Bytes that an unauthenticated peer might send, more or less like a valid hello.
inline std::string random_attack(prng& random) {
  const auto method = static_cast<auth_method>(1 << random.below(4));
  switch (random.below(6)) {
  case 0:
    return {};
  case 1:
    return noise(random, 1 + random.below(4'000));
  case 2:
    return hello_of(method).substr(0, random.below(handshake_message::size_bytes));
  case 3:
    return hello_of(method) + noise(random, random.below(4'000));
  case 4: // A TLS record that announces more than there is.
    return hello_of(auth_method::tls) + std::string{"\x16\x03\x01\xff\xff\x01\x00\xff\xff", 9};
  default: {
    auto damaged = hello_of(method);
    damaged[random.below(damaged.size())] = static_cast<char>(random.next());
    return damaged;
  }
  }
}

/// Raises the limit of descriptors to its maximum, also for child processes. Requires more than
/// `count`.
inline void allow_descriptors(rlim_t count) {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_cur > count);
}

} // namespace belfry::test
