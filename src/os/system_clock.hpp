#pragma once

#include "belfry/clock.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

namespace belfry {

/// What the system says: its wall clock, which people and programs may set, and its uptime, which
/// only goes forward, also while the machine sleeps.
struct clock_reading {
  instant wall{};
  duration uptime{0};
};

/// A step of the system's wall clock that was too large to follow silently.
struct clock_step {
  enum class kind : std::uint8_t {
    backward,  ///< set back: our time goes at half speed until the wall clock has caught up
    forward,   ///< set forward: our time goes on as if it had not been, for a while
    followed,  ///< it stayed there, so our time has jumped to it
    recovered, ///< it was set to where our time is
  };
  kind what = kind::forward;
  duration offset{0}; ///< how far the wall clock is from our time; negative: behind
};

/// `backward`, `forward`, …: for logs.
[[nodiscard]] const char* to_string(clock_step::kind what);

/// The real time, made fit for timers: it never goes backwards, and a wall clock that is set to
/// another time does not at once make everything due.
///
/// Small steps are followed: forward at once, backward by going at half speed. A step forward of
/// more than `step_threshold` is not believed until it has lasted for `confirm_after`; until then
/// time goes on by the uptime. Steps of more than `step_threshold` are reported to `on_step`, from
/// inside `now`.
class system_clock final : public clock {
public:
  struct options {
    duration step_threshold{10'000};
    duration confirm_after{60'000};
    std::function<void(const clock_step&)> on_step; ///< must not call the clock; may be empty
    std::function<clock_reading()> read_clocks;     ///< empty: the system's
  };

  system_clock();
  explicit system_clock(options how);

  [[nodiscard]] instant now() const override;

private:
  void update(const clock_reading& seen) const;
  void hold_step(instant wall, instant expected) const;
  void slew(duration elapsed, duration ahead) const;
  void synchronise(instant wall, duration ahead) const;
  void report_step(clock_step::kind what, duration offset) const;

  options options_;
  mutable std::mutex mutex_;
  mutable instant now_{};           // What was last answered.
  mutable duration uptime_{0};      // And when.
  mutable std::int64_t halves_ = 0; // Of milliseconds, that slow going has not yet given out.
  mutable bool is_behind_ = false;  // The wall clock was set back, and that was told.
  mutable std::optional<duration>
      unconfirmed_since_; // Uptime; while a step forward is not believed.
};

} // namespace belfry
