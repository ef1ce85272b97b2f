#pragma once

#include "belfry/clock.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace belfry {

/// The system's clocks: the wall clock, which people and programs may set, and the uptime, which
/// only goes forward, also while the machine sleeps.
struct clock_reading {
  instant wall{};
  duration uptime{0};
};

/// When this machine booted, in whole seconds: the `btime` of /proc/stat. A container has the boot
/// instant of its machine. The kernel computes it from the present time of the wall clock, so it
/// changes when that is set. Nothing if it cannot be read. May be called from any thread.
[[nodiscard]] std::optional<instant> read_boot_instant(const std::string& file = "/proc/stat");

/// A step of the system's wall clock that is larger than `step_threshold`.
struct clock_step {
  enum class kind : std::uint8_t {
    backward,  ///< set back: this clock runs at half speed until the wall clock has caught up
    forward,   ///< set forward: this clock ignores the step until it is confirmed
    accepted,  ///< the forward step was confirmed: this clock has jumped to the wall clock
    recovered, ///< the wall clock is close to this clock again
  };
  kind type = kind::forward;
  duration offset{0}; ///< of the wall clock from this clock; negative: behind
};

/// `backward`, `forward`, …: for logs.
[[nodiscard]] const char* to_string(clock_step::kind type);

/// The real time, made safe for timers: it never goes backwards, and a wall clock that is set
/// forward does not make everything due at once.
///
/// Small steps are followed: forward at once, backward by running at half speed. A forward step of
/// more than `step_threshold` is ignored until it has lasted for `confirm_after`; until then this
/// clock advances with the uptime. Steps of more than `step_threshold` are reported to `on_step`,
/// from inside `now`.
class system_clock final : public clock {
public:
  struct options {
    duration step_threshold{10'000};
    duration confirm_after{60'000};
    std::function<void(const clock_step&)> on_step; ///< must not call the clock; may be empty
    std::function<clock_reading()> read_clocks;     ///< empty: the system's
  };

  system_clock();
  explicit system_clock(options settings);

  [[nodiscard]] instant now() const override;
  /// Not 0 from the report of a step until that of its end.
  [[nodiscard]] duration machine_offset() const override;
  [[nodiscard]] duration lead() const override {
    return duration{lead_ms_.load(std::memory_order_relaxed)};
  }

private:
  void update(const clock_reading& reading) const;
  void hold_step(instant wall, instant expected) const;
  void slew(duration elapsed, duration ahead) const;
  void synchronise(instant wall, duration ahead) const;
  void report_step(clock_step::kind type, duration offset) const;

  options options_;
  mutable std::mutex mutex_;
  mutable instant now_{};           // The last result of `now`.
  mutable duration uptime_{0};      // The uptime of that result.
  mutable std::int64_t halves_ = 0; // Half milliseconds not added to `now_` yet.
  mutable bool is_behind_ = false;  // The wall clock was set back, and that was reported.
  mutable std::atomic<std::int64_t> lead_ms_{0};
  mutable std::optional<duration>
      unconfirmed_since_; // Uptime of a forward step that is not confirmed yet.
};

} // namespace belfry
