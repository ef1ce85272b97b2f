#pragma once

#include "random/prng.hpp"
#include "world/world.hpp"

#include <functional>

namespace belfry::sim {

/// Does `deed` again and again, `gap` apart on average, until `end` of the world's time.
inline void repeat(world& inside, world_time gap, world_time end, prng& random,
                   const std::function<void()>& deed) {
  const auto width = static_cast<std::uint64_t>(2 * gap.count());
  const world_time rest{static_cast<std::int64_t>(random.below(width + 1))};
  inside.after(rest, [&inside, gap, end, &random, deed] {
    if (inside.elapsed() >= end)
      return;
    deed();
    repeat(inside, gap, end, random, deed);
  });
}

} // namespace belfry::sim
