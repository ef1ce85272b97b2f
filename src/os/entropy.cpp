#include "os/entropy.hpp"

#include "belfry/contract.hpp"

#include <sys/random.h>

namespace belfry {

namespace {

/// Up to so many bytes are never cut short by a signal.
constexpr std::size_t whole_bytes_max = 256;

/// Only a kernel without it can fail.
void fill(void* bytes, std::size_t count) {
  expects(count <= whole_bytes_max, "entropy: at most 256 bytes at once");
  expects(::getrandom(bytes, count, 0) == static_cast<ssize_t>(count),
          "entropy: the system has some");
}

} // namespace

std::uint64_t entropy_seed() {
  std::uint64_t seed = 0;
  fill(&seed, sizeof seed);
  return seed;
}

std::string entropy_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill(bytes.data(), count);
  return bytes;
}

} // namespace belfry
