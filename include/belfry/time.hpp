#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace belfry {

/// A length of time in milliseconds. May be negative.
using duration = std::chrono::milliseconds;

/// A point in time: milliseconds of Unix time (UTC, leap seconds not counted).
///
/// A type of its own, so that neither a plain number nor a length of time passes for it.
using instant = std::chrono::time_point<std::chrono::system_clock, duration>;

/// The instant `ms` milliseconds after the Unix epoch.
constexpr instant instant_of_ms(std::int64_t ms) {
  return instant{duration{ms}};
}

/// Milliseconds since the Unix epoch: for bytes, logs and flags only.
constexpr std::int64_t to_ms(instant at) {
  return at.time_since_epoch().count();
}

/// Later than every instant that a task may be due at.
constexpr instant instant_max = instant_of_ms(std::numeric_limits<std::int64_t>::max());

} // namespace belfry
