#pragma once

#include "belfry/result.hpp"
#include "belfry/schedule.hpp"
#include "belfry/time.hpp"
#include "time/month_days.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace date {
class time_zone;
}

namespace belfry {

/// Whether the line is `@reboot`, in capital letters or not: due when a machine boots.
[[nodiscard]] bool is_boot_line(std::string_view line);

/// A parsed cron line in a time zone: computes when it is due next.
///
/// Five fields (minute hour day month weekday) or six (second first), of which `read_cron_field`
/// says what they may hold; `@yearly` … `@hourly`; or an interval, `@every 90s` or `90s`, in whole
/// seconds. If both day fields are restricted, a day that matches either of them matches; if one of
/// them begins with `*`, a day that matches both.
///
/// An interval is due at the multiples of its length since 1970-01-01T00:00:00Z, in every zone.
///
/// `@reboot` has no computed times: `due_at_boot` says when it is due. It has no zone either, and
/// whatever the spec names as its zone is ignored.
///
/// Changes of the clocks: a line whose hour field begins with `*` follows elapsed time, so
/// `0 * * * *` runs in both repeats of an hour and has no extra run after a gap. For any other
/// line the policies of `cron_spec` say what happens to a time that is skipped or occurs twice.
/// All matches within one gap make one run, at its end. Changes are known to the end of 2037; after
/// that each zone keeps its last offset.
///
/// What a line means never changes: journals hold lines of earlier versions.
class cron_rule {
public:
  /// `seed` selects the numbers that a `~` stands for; of a schedule it is the hash of its name
  /// (`rule_of`). The failure names the field, its value and what was expected, or the zone that
  /// the time-zone database of this machine lacks.
  static result<cron_rule> parse(const cron_spec& spec, std::uint64_t seed = 0);

  /// The first due instant strictly after `after`; nothing if there is none within 50 years, or
  /// from the year 9000 on. None is before the year 1.
  [[nodiscard]] std::optional<instant> next_after(instant after) const;

  /// Whether it is due when a machine boots; `next_after` returns nothing then.
  [[nodiscard]] bool is_at_boot() const { return is_at_boot_; }

private:
  friend class cron_parser;
  friend class cron_search;

  std::uint64_t seconds_ = 1;
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;     // Bits 1 to 31.
  std::uint64_t months_ = 0;   // Bits 1 to 12.
  std::uint64_t weekdays_ = 0; // Bits 0 (Sunday) to 6.
  month_days month_days_{};
  bool is_any_day_ = false; // The day-of-month field is `*`.
  bool is_any_weekday_ = false;
  bool follows_elapsed_time_ = false;
  bool is_at_boot_ = false; // The fields have no meaning, and there is no zone.
  gap_policy gap_ = gap_policy::run_after;
  repeated_hour_policy repeated_hour_ = repeated_hour_policy::first;
  std::chrono::seconds interval_{0}; // If it is not 0, the fields have no meaning.
  const date::time_zone* zone_ = nullptr;
};

} // namespace belfry
