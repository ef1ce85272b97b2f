#pragma once

#include <cstdint>

namespace belfry {

/// A number that nobody can guess, from the system's own source: one seed per process or actor,
/// from which everything else is drawn. Two calls never return the same one, as far as chance goes.
[[nodiscard]] std::uint64_t entropy_seed();

} // namespace belfry
