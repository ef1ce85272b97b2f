#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace belfry {

/// Measures how fast a worker's runs end, and decides how many runs to prefetch.
///
/// Without prefetch each run costs a round trip to the node before it starts. But a prefetched run
/// can start on this worker only, even if others are free. So a worker prefetches what its slots
/// complete in `prefetch_window`, which is longer than a round trip and too short to notice; and
/// nothing if runs take so long that a round trip makes no difference.
///
/// Not thread-safe.
class prefetch_controller {
public:
  using nanoseconds = std::chrono::nanoseconds;
  static constexpr nanoseconds prefetch_window = std::chrono::milliseconds{20};
  static constexpr nanoseconds long_run = std::chrono::seconds{1};
  static constexpr std::uint32_t prefetch_max = 1'000;

  /// A run has ended after `length`.
  void record_duration(nanoseconds length) {
    is_stalled_ = false;
    mean_ += (std::max(length, nanoseconds{1}) - mean_) / weight;
  }

  /// How many runs to fetch beyond those that have a slot: at least `slots`, and 0 if runs are
  /// long.
  [[nodiscard]] std::uint32_t prefetch(std::uint32_t slots) const {
    if (mean_ >= long_run)
      return 0;
    const auto fast = slots * prefetch_window.count() / std::max(mean_, nanoseconds{1}).count();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(fast, slots, std::max(slots, prefetch_max)));
  }

  /// Whether runs were in progress since the last call and none has ended. Runs are then taken for
  /// long until one ends. `is_busy`: whether a run is in progress now.
  [[nodiscard]] bool has_stalled(bool is_busy) {
    if (!std::exchange(is_stalled_, is_busy) || !is_busy)
      return false;
    mean_ = std::max(mean_, long_run);
    return true;
  }

private:
  static constexpr int weight = 16;

  nanoseconds mean_ = prefetch_window; // Exponential moving average.
  bool is_stalled_ = false;            // It was busy at the last call, and no run has ended since.
};

} // namespace belfry
