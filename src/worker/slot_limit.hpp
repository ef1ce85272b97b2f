#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace belfry {

/// How many of its slots a worker uses: all of them, or fewer for as long as its machine lacks
/// resources (descriptors, processes, memory).
///
/// A run that finds a resource missing while 51 others run shows that the machine has room for 51.
/// So the worker uses no more slots than that, and after a pause tries a quarter more, until it
/// uses all slots again. Each trial that fails doubles the pause, so that a lasting shortage costs
/// few useless starts; each trial that succeeds halves it. For a worker of 300 slots whose machine
/// lacks descriptors for more than 51 runs:
///
///     0 s   the 52nd run finds no descriptor: 51 slots
///     1 s   trial: 63 slots; the 52nd run fails again: 51 slots, a pause of 2 s
///     3 s   trial: 63 slots; somebody has closed files, and no run fails
///     5 s   78 slots, a pause of 1 s; …
///    12 s   300 slots: the shortage is over
///
/// Not thread-safe; `now` is of a clock that nobody sets.
class slot_limit {
public:
  using monotonic_time = std::chrono::nanoseconds;
  static constexpr monotonic_time pause_min = std::chrono::seconds{1};
  static constexpr monotonic_time pause_max = std::chrono::seconds{30};

  explicit slot_limit(std::uint32_t slots) : slots_(slots), usable_(slots) {}

  [[nodiscard]] std::uint32_t usable() const { return usable_; }
  [[nodiscard]] bool is_reduced() const { return next_trial_.has_value(); }

  /// A run could not start, for the lack of a resource, while `running` others ran. Returns whether
  /// the worker used all slots until now.
  bool reduce(monotonic_time now, std::uint32_t running);

  /// When to call `grow`; nothing while all slots are used.
  [[nodiscard]] std::optional<monotonic_time> next_trial() const { return next_trial_; }

  /// Tries more slots. Returns whether all are used from now on.
  ///
  /// Requires: it is the time of `next_trial`, or later.
  bool grow(monotonic_time now);

private:
  const std::uint32_t slots_;
  std::uint32_t usable_;
  monotonic_time pause_ = pause_min;
  std::optional<monotonic_time> next_trial_; // Set while reduced.
  bool is_trial_ = false;                    // Since the last trial no run has failed to start.
};

} // namespace belfry
