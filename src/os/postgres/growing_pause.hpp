#pragma once

#include "belfry/time.hpp"

#include <algorithm>
#include <chrono>

namespace belfry {

/// How long to wait before something is asked again that refused: 50 ms, then twice as long after
/// each further refusal, at most 250 ms. A node notices that late that a standby has become the
/// primary, which adds to the time of a take-over.
///
/// Not thread-safe.
class growing_pause {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Whether it may be asked at `now`.
  [[nodiscard]] bool is_over(time_point now) const { return now >= until_; }

  /// It refused at `now`.
  void extend(time_point now) {
    length_ = std::clamp(2 * length_, length_min, length_max);
    until_ = now + length_;
  }

  /// It did not refuse.
  void reset() {
    length_ = duration{0};
    until_ = {};
  }

private:
  static constexpr duration length_min{50};
  static constexpr duration length_max{250};

  duration length_{0};
  time_point until_{};
};

} // namespace belfry
