#include "wire/frames/frame_numbers.hpp"

namespace belfry {

namespace {

std::string range_text(number_range range) {
  if (range.min == range.max)
    return std::to_string(range.min);
  if (range.max == std::numeric_limits<std::uint64_t>::max())
    return "at least " + std::to_string(range.min);
  return std::to_string(range.min) + " to " + std::to_string(range.max);
}

} // namespace

std::string outside_range(std::string_view field, std::uint64_t value, number_range expected) {
  return std::string{field} + " is " + std::to_string(value) + ", expected " + range_text(expected);
}

} // namespace belfry
