#include "time/cron.hpp"

#include <date/tz.h>

#include <algorithm>
#include <bit>

namespace belfry {

using std::chrono::seconds;

namespace {

// The calendar's years are short integers, which instants at the far ends would overflow.
constexpr date::sys_days search_begin{date::year{1} / 1 / 1};
constexpr date::sys_days search_end{date::year{9000} / 1 / 1};

/// The first multiple of `interval` since the epoch that is after `after`.
instant next_multiple(instant after, seconds interval) {
  const auto elapsed = date::floor<seconds>(after).time_since_epoch();
  const auto multiple = elapsed / interval - (elapsed % interval < seconds{0} ? 1 : 0);
  return instant{(multiple + 1) * interval};
}

} // namespace

/// Searches the next match of a rule, one period of constant UTC offset after the other.
class cron_search {
public:
  explicit cron_search(const cron_rule& rule) : rule_(rule) {}

  std::optional<date::sys_seconds> next(date::sys_seconds from) {
    const auto end = from + date::days{366 * 50};
    auto before = rule_.zone_->get_info(from - seconds{1});
    while (from < end) {
      const auto period = rule_.zone_->get_info(from);
      if (period.begin == from && is_due_after_gap(before, period))
        return from;
      if (before.begin == period.begin)
        before = rule_.zone_->get_info(period.begin - seconds{1});
      if (const auto found = next_within(before, period, from, std::min(period.end, end)))
        return found;
      before = period;
      from = period.end;
    }
    return std::nullopt;
  }

private:
  /// Whether a match was skipped when the clocks went forward at the beginning of `period`.
  bool is_due_after_gap(const date::sys_info& before, const date::sys_info& period) const {
    if (rule_.follows_elapsed_time_ || rule_.gap_ != gap_policy::run_after ||
        period.offset <= before.offset)
      return false;
    const auto first = local_of(period.begin, before.offset);
    const auto last = local_of(period.begin, period.offset);
    const auto match = next_local(first, last);
    return match.has_value();
  }

  std::optional<date::sys_seconds> next_within(const date::sys_info& before,
                                               const date::sys_info& period, date::sys_seconds from,
                                               date::sys_seconds end) const {
    auto local = local_of(from, period.offset);
    if (!rule_.follows_elapsed_time_ && rule_.repeated_hour_ == repeated_hour_policy::first)
      local = std::max(local, local_of(period.begin, std::max(before.offset, period.offset)));
    const auto match = next_local(local, local_of(end, period.offset));
    if (!match)
      return std::nullopt;
    return date::sys_seconds{match->time_since_epoch() - period.offset};
  }

  /// The first match at or after `from` and before `end`, in local time.
  std::optional<date::local_seconds> next_local(date::local_seconds from,
                                                date::local_seconds end) const {
    for (auto day = date::floor<date::days>(from); day < end; day = next_day(day)) {
      if (!is_match(day))
        continue;
      const auto earliest = std::max(seconds{0}, seconds{from - day});
      if (const auto time = next_time(earliest))
        return day + *time < end ? std::optional{day + *time} : std::nullopt;
    }
    return std::nullopt;
  }

  /// The day after `day`, or the first of the next month if no day of this month can match.
  date::local_days next_day(date::local_days day) const {
    const date::year_month_day date{day};
    if (rule_.months_ >> static_cast<unsigned>(date.month()) & 1)
      return day + date::days{1};
    return date::local_days{(date.year() / date.month() + date::months{1}) / 1};
  }

  bool is_match(date::local_days day) const {
    const date::year_month_day date{day};
    if (!(rule_.months_ >> static_cast<unsigned>(date.month()) & 1))
      return false;
    const bool is_day =
        (rule_.days_ >> static_cast<unsigned>(date.day()) & 1) || has_day(rule_.month_days_, date);
    const bool is_weekday = (rule_.weekdays_ >> date::weekday{day}.c_encoding() & 1) ||
                            has_weekday(rule_.month_days_, date);
    if (rule_.is_any_day_ || rule_.is_any_weekday_)
      return is_day && is_weekday;
    return is_day || is_weekday;
  }

  /// The first matching time of day at or after `from`.
  std::optional<seconds> next_time(seconds from) const {
    auto hour = static_cast<unsigned>(from.count() / 3600);
    auto minute = static_cast<unsigned>(from.count() / 60 % 60);
    auto second = static_cast<unsigned>(from.count() % 60);
    for (; hour < 24; ++hour, minute = second = 0) {
      if (!(rule_.hours_ >> hour & 1))
        continue;
      for (; minute < 60; ++minute, second = 0) {
        if (!(rule_.minutes_ >> minute & 1))
          continue;
        const auto rest = rule_.seconds_ >> second;
        if (rest != 0)
          return seconds{hour * 3600 + minute * 60 + second +
                         static_cast<unsigned>(std::countr_zero(rest))};
      }
    }
    return std::nullopt;
  }

  static date::local_seconds local_of(date::sys_seconds at, seconds offset) {
    return date::local_seconds{at.time_since_epoch() + offset};
  }

  const cron_rule& rule_;
};

std::optional<instant> cron_rule::next_after(instant after) const {
  if (is_at_boot_ || after >= search_end)
    return std::nullopt;
  if (interval_ > seconds{0})
    return next_multiple(std::max<instant>(after, search_begin), interval_);
  const auto from = date::floor<seconds>(std::max<instant>(after, search_begin)) + seconds{1};
  if (const auto found = cron_search{*this}.next(from))
    return instant{found->time_since_epoch()};
  return std::nullopt;
}

} // namespace belfry
