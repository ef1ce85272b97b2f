#pragma once

#include <cstddef>
#include <cstdint>

namespace belfry {

/// Classes of priority for admission control: near its limit a node refuses lower ones first.
enum class priority_class : std::uint8_t {
  low,    ///< priorities below 0
  normal, ///< 0, the default
  high,   ///< above 0
};

inline constexpr std::size_t priority_class_count = 3;

constexpr priority_class class_of(std::int32_t priority) {
  if (priority == 0)
    return priority_class::normal;
  return priority < 0 ? priority_class::low : priority_class::high;
}

} // namespace belfry
