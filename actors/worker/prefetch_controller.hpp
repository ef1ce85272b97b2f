#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace belfry {

/// How fast a worker's runs end, and how many to fetch ahead because of it.
///
/// A run costs a round trip to the node before it starts. Fetching ahead hides that, but what is
/// fetched waits for this worker alone. So: as much as its slots do in `ahead`, which is longer
/// than a round trip, and shorter than anybody notices; and nothing if runs take so long that a
/// round trip makes no difference.
///
/// Not thread-safe.
class prefetch_controller {
public:
  using span = std::chrono::nanoseconds;
  static constexpr span prefetch_window = std::chrono::milliseconds{20};
  static constexpr span long_run = std::chrono::seconds{1};
  static constexpr std::uint32_t prefetch_max = 1'000;

  /// A run has ended after `taken`.
  void note(span accepted) {
    is_stalled_ = false;
    mean_ += (std::max(accepted, span{1}) - mean_) / weight;
  }

  /// How many runs to fetch beyond those that have a slot: `slots` until something is known, and
  /// at least, unless runs are long.
  [[nodiscard]] std::uint32_t prefetch(std::uint32_t slots) const {
    if (mean_ >= long_run)
      return 0;
    const auto fast = slots * prefetch_window.count() / std::max(mean_, span{1}).count();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(fast, slots, std::max(slots, prefetch_max)));
  }

  /// Whether something has run since the last call, and none has ended. If so runs are taken for
  /// long, until one ends. `is_busy`: whether something runs now.
  [[nodiscard]] bool has_stalled(bool is_busy) {
    if (!std::exchange(is_stalled_, is_busy) || !is_busy)
      return false;
    mean_ = std::max(mean_, long_run);
    return true;
  }

private:
  static constexpr int weight = 16;

  span mean_ = prefetch_window; // Moving.
  bool is_stalled_ = false;     // Something ran at the last call, and nothing has ended since.
};

} // namespace belfry
