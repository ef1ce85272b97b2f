#pragma once

#include "belfry/time.hpp"

#include <cstdint>
#include <string>

namespace belfry {

/// What a schedule does about a local time that the clocks skip in spring.
enum class gap_policy : std::uint8_t {
  run_after, ///< at the first instant after the gap
  skip,      ///< not on that day
};

/// What a schedule does about a local time that occurs twice in autumn.
enum class repeated_hour_policy : std::uint8_t {
  first, ///< only the first time
  both,  ///< both times
};

/// What a schedule does about runs that were missed because no node was up.
enum class misfire_policy : std::uint8_t {
  skip,     ///< none of them
  run_once, ///< one, for the latest of them
  run_all,  ///< all of them, up to `catch_up_max`, oldest first
};

/// What a schedule does when it is due while its previous task has not settled.
enum class overlap_policy : std::uint8_t {
  skip,         ///< leave this run out
  queue_one,    ///< run it when the previous one settles; at most one waits
  allow,        ///< run them side by side
  cancel_other, ///< cancel the previous one
};

/// When a schedule is due.
struct cron_spec {
  /// Five or six fields (with seconds first), or @daily, @hourly, …, or `@every 90s`, or @reboot:
  /// once after each boot of the machine that serves the schedule, whatever the zone, the gap and
  /// the misfire policy are. All forms are in docs/guides/cron.md.
  std::string line{};
  std::string zone = "UTC"; ///< a name of the time-zone database: `Europe/Berlin`
  gap_policy gap = gap_policy::run_after;
  repeated_hour_policy repeated_hour = repeated_hour_policy::first;

  friend bool operator==(const cron_spec&, const cron_spec&) = default;
};

} // namespace belfry
