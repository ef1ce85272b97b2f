#include "supervision/restart_budget.hpp"

#include <algorithm>

namespace belfry {

std::optional<duration> restart_budget::spend(duration now) {
  while (!restarts_.empty() && now - restarts_.front() >= limits_.window)
    restarts_.pop_front();
  if (restarts_.size() >= limits_.restarts_max)
    return std::nullopt;
  // Doubling step by step cannot overflow: it stops at the cap.
  auto pause = std::min(limits_.backoff_min, limits_.backoff_max);
  for (std::size_t doubled = 0; doubled < restarts_.size() && pause < limits_.backoff_max;
       ++doubled)
    pause = std::min(pause * 2, limits_.backoff_max);
  restarts_.push_back(now);
  return pause;
}

} // namespace belfry
