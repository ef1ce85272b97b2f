#pragma once

#include "time/timing_wheel.hpp"

#include <cstdint>

namespace belfry {

/// What a timer of a shard belongs to.
enum class timer_kind : std::uint8_t { task, session, schedule };

constexpr timer_key timer_key_of(timer_kind kind, std::uint64_t number) {
  return (static_cast<timer_key>(kind) << 60) | number;
}
constexpr timer_kind kind_of(timer_key key) {
  return static_cast<timer_kind>(key >> 60);
}
constexpr std::uint64_t number_of(timer_key key) {
  return key & 0x0fff'ffff'ffff'ffffULL;
}

} // namespace belfry
