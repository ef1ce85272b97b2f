#pragma once

#include "belfry/result.hpp"
#include "belfry/schedule.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace date {
class time_zone;
}

namespace belfry {

/// A parsed cron line in a time zone: computes when it is due next.
///
/// Five fields (minute hour day month weekday) or six (second first); `*`, `a`, `a-b`, `*/n`,
/// `a-b/n` and lists of them; names of months and days; 0 and 7 are Sunday; `@yearly` … `@hourly`.
/// If both day fields are restricted, a day that matches either of them matches.
///
/// Changes of the clocks: a line whose hour field begins with `*` follows elapsed time, so
/// `0 * * * *` runs in both repeats of an hour and has no extra run after a gap. For any other
/// line the policies of `cron_spec` say what happens to a time that is skipped or occurs twice.
/// All matches within one gap make one run, at its end. Changes are known to the end of 2037; after
/// that each zone keeps its last offset.
class cron_rule {
public:
  /// The failure names the field, its value and what was expected, or the zone that the time-zone
  /// database of this machine lacks.
  static result<cron_rule> parse(const cron_spec& spec);

  /// The first due instant strictly after `after`; nothing if there is none within 50 years, or
  /// from the year 9000 on. None is before the year 1.
  [[nodiscard]] std::optional<instant> next_after(instant after) const;

private:
  friend class cron_parser;
  friend class cron_search;

  std::uint64_t seconds_ = 1;
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;     // Bits 1 to 31.
  std::uint64_t months_ = 0;   // Bits 1 to 12.
  std::uint64_t weekdays_ = 0; // Bits 0 (Sunday) to 6.
  bool is_any_day_ = false;    // The day-of-month field is `*`.
  bool is_any_weekday_ = false;
  bool follows_elapsed_time_ = false;
  gap_policy gap_ = gap_policy::run_after;
  repeated_hour_policy repeated_hour_ = repeated_hour_policy::first;
  const date::time_zone* zone_ = nullptr;
};

} // namespace belfry
