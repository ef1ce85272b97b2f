#pragma once

#include "belfry/clock.hpp"

#include <chrono>
#include <memory>

namespace belfry::sim {

/// How long a world has been running.
using world_time = std::chrono::nanoseconds;

/// The wall clock's reading when a world begins, unless told otherwise: 2030-01-01 00:00 UTC.
constexpr instant world_begin = instant_of_ms(1'893'456'000'000);

/// The wall clock of a simulated machine: it moves only when the world does.
class sim_clock : public clock {
public:
  sim_clock(std::shared_ptr<const world_time> elapsed, instant begin)
      : elapsed_(std::move(elapsed)), begin_(begin) {}

  [[nodiscard]] instant now() const override {
    return begin_ + std::chrono::floor<duration>(*elapsed_);
  }

private:
  std::shared_ptr<const world_time> elapsed_;
  instant begin_;
};

} // namespace belfry::sim
