#pragma once

#include "belfry/node_options.hpp"
#include "belfry/result.hpp"

namespace belfry {

constexpr std::uint16_t shards_max = 1024;  ///< more would cost memory without benefit
constexpr std::uint32_t slots_max = 10'000; ///< each has a thread
constexpr std::uint32_t prefetch_max = 100'000;

/// Fails with the name of the wrong option and what was expected.
[[nodiscard]] result<done> check_options(const node_options& options);

} // namespace belfry
