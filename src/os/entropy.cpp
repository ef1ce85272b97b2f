#include "os/entropy.hpp"

#include "belfry/contract.hpp"

#include <sys/random.h>

namespace belfry {

namespace {

/// A request for up to this many bytes is never interrupted by a signal.
constexpr std::size_t whole_bytes_max = 256;

/// Fails only on a kernel without getrandom.
void fill(void* bytes, std::size_t count) {
  expects(count <= whole_bytes_max, "entropy: at most 256 bytes at once");
  expects(::getrandom(bytes, count, 0) == static_cast<ssize_t>(count),
          "entropy: the system provides random bytes");
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
