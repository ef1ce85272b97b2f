#pragma once

#include "belfry/result.hpp"
#include "belfry/time.hpp"

#include <string>
#include <string_view>

namespace belfry {

/// Reads a length of time: numbers with units, greatest unit first, as in `90s`, `1h30min`, `1.5d`.
/// Units are `ms`, `s`, `m` or `min`, `h`, `d` and `w`; a bare `0` needs none. Never negative, at
/// most a thousand years, and at least a millisecond unless it is 0. The failure says what `text`
/// holds and what was expected.
result<duration> parse_duration(std::string_view text);

/// A length of time for people, in at most two units: `3d 4h`, `1min 30s`, `1.5s`, `20ms`.
/// Smaller units are truncated.
[[nodiscard]] std::string format_duration(duration span);

/// A length of time for programs, in the greatest unit of which it is a multiple: `36h`, `90s`,
/// `1500ms`. Unless it is negative or longer than a thousand years, `parse_duration` reads the same
/// length.
[[nodiscard]] std::string format_exact_duration(duration span);

/// Reads a point in time: `2026-11-24`, `2026-11-24T12:00`, `2026-11-24 12:00:30.250`, each with an
/// offset (`Z`, or `-23:59` to `+23:59`) or without one: then it is a local time of `zone`. A local
/// time that the clocks skip is refused, and so is one that occurs twice; an offset says which of
/// the two is meant.
result<instant> parse_instant(std::string_view text, const std::string& zone);

/// `at` in the local time of `zone`: `2026-11-24 13:00:00.250 +01:00`. Fails if there is no such
/// zone. Milliseconds are left out when they are 0.
result<std::string> format_instant(instant at, const std::string& zone);

/// `at` for programs: `2026-11-24T12:00:00.250Z`, always to the millisecond.
[[nodiscard]] std::string format_utc(instant at);

/// Whether the time-zone database of this machine has `zone`: `Europe/Berlin`.
[[nodiscard]] bool is_time_zone(const std::string& zone);

} // namespace belfry
