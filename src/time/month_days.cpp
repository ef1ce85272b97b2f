#include "time/month_days.hpp"

#include <date/date.h>

namespace belfry {

namespace {

unsigned last_day_of(const date::year_month_day& date) {
  return unsigned{(date.year() / date.month() / date::last).day()};
}

/// The working day next to `day` of the month of `date`, in that month.
unsigned workday_next_to(const date::year_month_day& date, unsigned day, unsigned last_day) {
  const date::weekday weekday{date::sys_days{date.year() / date.month() / date::day{day}}};
  if (weekday == date::Saturday)
    return day == 1 ? 3 : day - 1;
  if (weekday == date::Sunday)
    return day == last_day ? day - 2 : day + 1;
  return day;
}

unsigned last_workday(const date::year_month_day& date, unsigned last_day) {
  const date::weekday weekday{date::sys_days{date.year() / date.month() / date::day{last_day}}};
  if (weekday == date::Saturday)
    return last_day - 1;
  return weekday == date::Sunday ? last_day - 2 : last_day;
}

} // namespace

bool has_day(const month_days& days, const date::year_month_day& date) {
  if (days.before_last == 0 && days.workdays == 0)
    return false;
  const auto day = unsigned{date.day()};
  const auto last_day = last_day_of(date);
  if (days.before_last >> (last_day - day) & 1)
    return true;
  if ((days.workdays & 1) && day == last_workday(date, last_day))
    return true;
  for (unsigned near = 1; near <= last_day; ++near)
    if ((days.workdays >> near & 1) && day == workday_next_to(date, near, last_day))
      return true;
  return false;
}

bool has_weekday(const month_days& days, const date::year_month_day& date) {
  if (days.nth_weekdays == 0)
    return false;
  const auto first_bit = 8 * date::weekday{date::sys_days{date}}.c_encoding();
  const auto day = unsigned{date.day()};
  const bool is_nth = days.nth_weekdays >> (first_bit + (day + 6) / 7) & 1;
  const bool is_last = days.nth_weekdays >> first_bit & 1;
  return is_nth || (is_last && day + 7 > last_day_of(date));
}

} // namespace belfry
