#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry {

/// A number that nobody can guess, from the system's own source: one seed per process or actor,
/// from which everything else is drawn. Two calls never return the same one, as far as chance goes.
[[nodiscard]] std::uint64_t entropy_seed();

/// `count` bytes that nobody can guess: for secrets. Requires: at most 256.
[[nodiscard]] std::string entropy_bytes(std::size_t count);

} // namespace belfry
