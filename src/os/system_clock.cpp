#include "os/system_clock.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <utility>

namespace belfry {

namespace {

clock_reading read_system() {
  timespec uptime{};
  ::clock_gettime(CLOCK_BOOTTIME, &uptime);
  return {std::chrono::floor<duration>(std::chrono::system_clock::now()),
          duration{uptime.tv_sec * 1000 + uptime.tv_nsec / 1'000'000}};
}

} // namespace

std::optional<instant> read_boot_instant(const std::string& file) {
  std::ifstream lines{file};
  for (std::string word; lines >> word;)
    if (std::int64_t seconds = 0; word == "btime" && lines >> seconds)
      return instant_of_ms(seconds * 1'000);
  return std::nullopt;
}

const char* to_string(clock_step::kind type) {
  switch (type) {
  case clock_step::kind::backward:
    return "backward";
  case clock_step::kind::forward:
    return "forward";
  case clock_step::kind::accepted:
    return "accepted";
  case clock_step::kind::recovered:
    return "recovered";
  }
  return "unknown";
}

system_clock::system_clock() : system_clock(options{}) {}

system_clock::system_clock(options settings) : options_(std::move(settings)) {
  if (!options_.read_clocks)
    options_.read_clocks = read_system;
  const auto reading = options_.read_clocks();
  now_ = reading.wall;
  uptime_ = reading.uptime;
}

instant system_clock::now() const {
  const std::lock_guard lock(mutex_);
  update(options_.read_clocks());
  return now_;
}

duration system_clock::machine_offset() const {
  const std::lock_guard lock(mutex_);
  const auto reading = options_.read_clocks();
  update(reading);
  return is_behind_ || unconfirmed_since_ ? reading.wall - now_ : duration{0};
}

void system_clock::update(const clock_reading& reading) const {
  const auto elapsed = std::max(reading.uptime - uptime_, duration{0});
  uptime_ += elapsed;
  const auto expected = now_ + elapsed;
  const auto ahead = reading.wall - expected;
  if (ahead > options_.step_threshold)
    hold_step(reading.wall, expected);
  else if (reading.wall < now_)
    slew(elapsed, ahead);
  else
    synchronise(reading.wall, ahead);
  lead_ms_.store(std::max(now_ - reading.wall, duration{0}).count(), std::memory_order_relaxed);
}

void system_clock::hold_step(instant wall, instant expected) const {
  now_ = expected;
  if (!unconfirmed_since_) {
    unconfirmed_since_ = uptime_;
    report_step(clock_step::kind::forward, wall - expected);
  }
  if (uptime_ - *unconfirmed_since_ < options_.confirm_after)
    return;
  now_ = wall;
  unconfirmed_since_.reset();
  report_step(clock_step::kind::accepted, wall - expected);
}

void system_clock::slew(duration elapsed, duration ahead) const {
  // Called every millisecond, rounding would lose every half millisecond.
  halves_ += elapsed.count();
  now_ += duration{halves_ / 2};
  halves_ %= 2;
  unconfirmed_since_.reset();
  if (!is_behind_ && -ahead > options_.step_threshold) {
    is_behind_ = true;
    report_step(clock_step::kind::backward, ahead);
  }
}

void system_clock::synchronise(instant wall, duration ahead) const {
  now_ = wall;
  if (std::exchange(is_behind_, false) || std::exchange(unconfirmed_since_, std::nullopt))
    report_step(clock_step::kind::recovered, ahead);
}

void system_clock::report_step(clock_step::kind type, duration offset) const {
  if (options_.on_step)
    options_.on_step({type, offset});
}

} // namespace belfry
