#pragma once

#include <cstdint>

namespace belfry {

/// A small seeded generator (SplitMix64: Steele, Lea and Flood, 2014): the same numbers from the
/// same seed on every machine. Not for secrets. Not thread-safe.
class prng {
public:
  explicit prng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E37'79B9'7F4A'7C15ULL;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D0'49BB'1331'11EBULL;
    return mixed ^ (mixed >> 31);
  }

  /// A number from 0 to `count` - 1; 0 if `count` is 0.
  std::uint64_t below(std::uint64_t count) { return count == 0 ? 0 : next() % count; }

  /// True in `percent` of a hundred cases.
  bool chance(std::uint32_t percent) { return below(100) < percent; }

private:
  std::uint64_t state_;
};

} // namespace belfry
