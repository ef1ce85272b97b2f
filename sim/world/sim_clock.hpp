#pragma once

#include "belfry/clock.hpp"

#include <chrono>
#include <memory>

namespace belfry::sim {

/// The virtual time since a world started.
using world_time = std::chrono::nanoseconds;

/// What CAF's clock reads when a world starts: CAF treats a reading of zero as "no timeout".
constexpr world_time caf_clock_start{1};

/// The wall clock's reading when a world starts, unless its options say otherwise:
/// 2030-01-01 00:00 UTC.
constexpr instant default_start_time = instant_of_ms(1'893'456'000'000);

/// The wall clock of a simulated machine: it advances with the world's virtual time alone.
class sim_clock : public clock {
public:
  sim_clock(std::shared_ptr<const world_time> elapsed, instant start_time)
      : elapsed_(std::move(elapsed)), start_time_(start_time) {}

  [[nodiscard]] instant now() const override {
    return start_time_ + std::chrono::floor<duration>(*elapsed_);
  }

private:
  std::shared_ptr<const world_time> elapsed_;
  instant start_time_;
};

} // namespace belfry::sim
