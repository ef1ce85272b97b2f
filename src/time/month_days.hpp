#pragma once

#include <cstdint>

namespace date {
class year_month_day;
}

namespace belfry {

/// Days that a cron line names by their place in the month: the last one, the working day next to a
/// date, the second Friday. A plain value; empty: it names none.
struct month_days {
  std::uint32_t before_last = 0;  ///< bit n: n days before the last day (`L`, `L-n`)
  std::uint32_t workdays = 0;     ///< bit n: the working day next to the nth (`nW`); bit 0: `LW`
  std::uint64_t nth_weekdays = 0; ///< bit 8 * weekday + n: the nth (`#n`); n is 0: the last (`L`)

  friend bool operator==(const month_days&, const month_days&) = default;
};

/// Whether `date` is one of the days that the field "day of month" names. The working day next to a
/// date, Monday to Friday, is in the same month; a date that a month lacks has none there.
[[nodiscard]] bool has_day(const month_days& days, const date::year_month_day& date);

/// Whether `date` is one of the days that the field "day of week" names.
[[nodiscard]] bool has_weekday(const month_days& days, const date::year_month_day& date);

} // namespace belfry
