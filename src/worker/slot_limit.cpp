#include "worker/slot_limit.hpp"

#include <algorithm>

namespace belfry {

bool slot_limit::reduce(monotonic_time now, std::uint32_t running) {
  const bool is_first = !is_reduced();
  if (is_first)
    pause_ = pause_min;
  else if (is_trial_)
    pause_ = std::min(pause_ * 2, pause_max);
  is_trial_ = false;
  usable_ = std::min(usable_, running);
  next_trial_ = now + pause_;
  return is_first;
}

bool slot_limit::grow(monotonic_time now) {
  if (is_trial_)
    pause_ = std::max(pause_ / 2, pause_min);
  is_trial_ = true;
  usable_ = std::min(slots_, usable_ + std::max(1U, usable_ / 4));
  next_trial_ = now + pause_;
  if (usable_ == slots_)
    next_trial_.reset();
  return !is_reduced();
}

} // namespace belfry
