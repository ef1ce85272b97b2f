#pragma once

#include "random/prng.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace belfry::test {

/// Bytes as an unreliable network, or a peer with a fault, leaves them: some are changed, missing,
/// repeated or in another order. Requires: there are some.
inline std::string damaged(prng& random, std::string bytes) {
  const auto at = random.below(bytes.size());
  const auto size = 1 + random.below(80);
  switch (random.below(5)) {
  case 0:
    bytes[at] = static_cast<char>(random.next());
    return bytes;
  case 1:
    return bytes.erase(at, size);
  case 2:
    return bytes.insert(at, bytes.substr(at, size));
  case 3:
    return bytes.substr(at) + bytes.substr(0, at);
  default:
    for (std::size_t i = at; i < std::min(at + 8, bytes.size()); ++i)
      bytes[i] = static_cast<char>(random.next());
    return bytes;
  }
}

} // namespace belfry::test
