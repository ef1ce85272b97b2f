#pragma once

#include "belfry/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry {

/// The ready tasks of one kind in one queue of a shard.
struct lane_summary {
  std::string queue;
  std::string kind;
  std::size_t waiting = 0;   ///< 0 while the queue is paused
  std::int32_t priority = 0; ///< of the task that goes next
  instant due{};             ///< of the task that goes next
  std::uint32_t weight = 1;  ///< of the queue
};

} // namespace belfry
