#pragma once

#include "task/timer_keys.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace belfry {

/// The timers of a shard's tasks, sessions and schedules, in one wheel.
///
/// A timer is known by its instant alone: it is pending while its owner says that it wakes then, so
/// a waiting task costs the wheel's entry and nothing in its record.
///
/// Owned by one shard; not thread-safe. Adding and cancelling take constant time, amortized.
class shard_timers {
public:
  shard_timers(instant now, timing_wheel::pending_predicate is_pending)
      : wheel_(now, std::move(is_pending)) {}

  void add(timer_kind kind, std::uint64_t number, instant at) {
    wheel_.add(timer_key_of(kind, number), at);
  }
  /// Notes that the timer at `at` is not awaited any more; `instant_max`: there was none.
  /// Requires: the owner says so already.
  void cancel(instant at) {
    // The wheel no longer holds a timer that has expired.
    if (at != instant_max && at > advanced_at_)
      wheel_.cancel();
  }
  /// Appends the timers that are due by `now` to `expired`, about `limit` at most. Returns how
  /// many.
  std::size_t advance_to(instant now, std::size_t limit, std::vector<expired_timer>& expired) {
    advanced_at_ = now;
    return wheel_.advance_to(now, limit, expired);
  }
  /// The `now` of the last `advance_to`.
  [[nodiscard]] instant advanced_at() const { return advanced_at_; }
  [[nodiscard]] std::optional<instant> next_wakeup() const { return wheel_.next_wakeup(); }
  /// Calls `visit(key, due)` for all timers, cancelled ones among them, in no certain order.
  template <class Visit>
  void visit_all(Visit visit) const {
    wheel_.visit_all(std::move(visit));
  }

private:
  timing_wheel wheel_;
  instant advanced_at_{};
};

} // namespace belfry
