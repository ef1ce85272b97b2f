#pragma once

#include "belfry/time.hpp"

#include <cstdint>

namespace belfry {

/// Limits the lines of one kind in a log, so that nobody fills the disk or hides other lines: at
/// most `lines_max` lines in `window`, which begins with its first line. The other lines are
/// counted, and the owner logs their number.
///
///     lines_max 2, window 10 s
///     0 s    admit: yes      1 s  admit: yes      2 s  admit: no      3 s  admit: no
///     10 s   is_window_over: take_suppressed gives 2, the owner logs it
///     10 s   admit: yes, a new window begins
///
/// Time comes by argument; if it goes back, the window lasts longer. Not thread-safe.
class log_sampler {
public:
  log_sampler(std::uint64_t lines_max, duration window) : lines_max_(lines_max), window_(window) {}

  /// Whether a line that comes up at `now` is to be logged; if not, it is counted.
  [[nodiscard]] bool admit(instant now);

  /// Whether a line at `now` would begin a window: then the owner first logs what was suppressed.
  [[nodiscard]] bool is_window_over(instant now) const { return now - window_start_ >= window_; }

  /// How many lines were counted since the last call.
  [[nodiscard]] std::uint64_t take_suppressed();

  [[nodiscard]] instant window_end() const { return window_start_ + window_; }
  [[nodiscard]] duration window() const { return window_; }

private:
  const std::uint64_t lines_max_;
  const duration window_;
  instant window_start_{};
  std::uint64_t admitted_ = 0; // In this window.
  std::uint64_t suppressed_ = 0;
};

} // namespace belfry
