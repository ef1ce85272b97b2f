#pragma once

#include "belfry/time.hpp"

namespace belfry {

/// The longest of the spans that were added within the last `window`, in constant space: when the
/// longest has left the window, the next span that is added takes its place, even if a longer one
/// came in between.
///
///     window 10 s
///     0 s   add 700 ms    value: 700 ms
///     4 s   add 20 ms     value: 700 ms
///     11 s                value: 0
///     12 s  add 30 ms     value: 30 ms
///
/// Time comes by argument. Not thread-safe.
class recent_maximum {
public:
  explicit recent_maximum(duration window) : window_(window) {}

  void add(instant now, duration span) {
    if (span < value(now))
      return;
    longest_ = span;
    at_ = now;
  }

  [[nodiscard]] duration value(instant now) const {
    return now - at_ <= window_ ? longest_ : duration{0};
  }

private:
  duration window_;
  duration longest_{0};
  instant at_{};
};

} // namespace belfry
