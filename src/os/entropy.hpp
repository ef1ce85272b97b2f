#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry {

/// An unpredictable number from the operating system: the seed of a process or actor, from which
/// its other random numbers are drawn. A repetition is as unlikely as 64 random bits allow.
[[nodiscard]] std::uint64_t entropy_seed();

/// `count` unpredictable bytes, for secrets. Requires: `count` is at most 256.
[[nodiscard]] std::string entropy_bytes(std::size_t count);

} // namespace belfry
