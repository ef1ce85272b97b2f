#pragma once

#include "random/prng.hpp"
#include "world/world.hpp"

#include <functional>

namespace belfry::sim {

/// Runs `action` repeatedly, `mean_interval` apart on average, until the virtual time `end`.
inline void repeat(world& sim_world, world_time mean_interval, world_time end, prng& random,
                   const std::function<void()>& action) {
  const auto width = static_cast<std::uint64_t>(2 * mean_interval.count());
  const world_time delay{static_cast<std::int64_t>(random.below(width + 1))};
  sim_world.after(delay, [&sim_world, mean_interval, end, &random, action] {
    if (sim_world.elapsed() >= end)
      return;
    action();
    repeat(sim_world, mean_interval, end, random, action);
  });
}

} // namespace belfry::sim
