#pragma once

#include "belfry/clock.hpp"

#include <chrono>
#include <memory>

namespace belfry::sim {

/// How long a world has been running.
using world_time = std::chrono::nanoseconds;

/// The wall clock's reading when a world begins: 2030-01-01 00:00 UTC.
constexpr instant world_begin = instant_of_ms(1'893'456'000'000);

/// The wall clock of a simulated machine: it moves only when the world does.
class sim_clock : public clock {
public:
  explicit sim_clock(std::shared_ptr<const world_time> elapsed) : elapsed_(std::move(elapsed)) {}

  [[nodiscard]] instant now() const override {
    return world_begin + std::chrono::floor<duration>(*elapsed_);
  }

private:
  std::shared_ptr<const world_time> elapsed_;
};

} // namespace belfry::sim
