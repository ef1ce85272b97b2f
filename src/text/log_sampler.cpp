#include "text/log_sampler.hpp"

#include <utility>

namespace belfry {

bool log_sampler::admit(instant now) {
  if (is_window_over(now)) {
    window_start_ = now;
    admitted_ = 0;
  }
  if (admitted_ < lines_max_) {
    ++admitted_;
    return true;
  }
  ++suppressed_;
  return false;
}

std::uint64_t log_sampler::take_suppressed() {
  return std::exchange(suppressed_, 0);
}

} // namespace belfry
