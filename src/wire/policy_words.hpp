#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace belfry::wire {

// The words of JSON for the policies of a schedule, in the order of their numbers.
inline constexpr std::array gap_words{"run_after", "skip"};
inline constexpr std::array repeated_hour_words{"first", "both"};
inline constexpr std::array misfire_words{"skip", "run_once", "run_all"};
inline constexpr std::array overlap_words{"skip", "queue_one", "allow", "cancel_other"};

/// The word for `policy`; its number if only a later version has a word for it.
template <class Policy, std::size_t Count>
std::string word_of(Policy policy, const std::array<const char*, Count>& words) {
  const auto number = static_cast<std::size_t>(policy);
  return number < Count ? words[number] : std::to_string(number);
}

} // namespace belfry::wire
