#include "os/entropy.hpp"

#include "belfry/contract.hpp"

#include <sys/random.h>

namespace belfry {

std::uint64_t entropy_seed() {
  std::uint64_t seed = 0;
  // Up to 256 bytes are never cut short by a signal, and only a kernel without it can fail.
  expects(::getrandom(&seed, sizeof seed, 0) == sizeof seed, "entropy_seed: the system has some");
  return seed;
}

} // namespace belfry
