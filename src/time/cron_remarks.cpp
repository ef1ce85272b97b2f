#include "time/cron_remarks.hpp"

#include "text/delimited.hpp"
#include "time/cron.hpp"
#include "time/cron_field.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace belfry {

namespace {

using std::chrono::seconds;
using remarks = std::vector<std::string>;

/// The fields of a line of five or six words, without the field for the second.
struct line_fields {
  std::string minute;
  std::string hour;
  std::string day;
  std::string month;
  std::string weekday;
};

bool has_star(const std::string& field) {
  return field[0] == '*' || field[0] == '?';
}

bool is_restricted(const std::string& field) {
  return field != "*" && field != "?" && field != "*/1";
}

void remark_days(const line_fields& fields, remarks& to) {
  if (!is_restricted(fields.day) || !is_restricted(fields.weekday))
    return;
  to.push_back(has_star(fields.day) || has_star(fields.weekday)
                   ? "a day must match both '" + fields.day + "' and '" + fields.weekday +
                         "', because one of them begins with '*'"
                   : "a day that matches either '" + fields.day + "' or '" + fields.weekday +
                         "' matches, not only one that matches both");
}

/// The step of `*/7`; 0 if the field has another form.
std::uint32_t star_step_of(std::string_view field) {
  if (!field.starts_with("*/") && !field.starts_with("?/"))
    return 0;
  std::uint32_t step = 0;
  const auto* end = field.data() + field.size();
  const auto read = std::from_chars(field.data() + 2, end, step);
  return read.ptr == end ? step : 0; // Not for a list: `*/7,30`.
}

struct stepped_field {
  const std::string& text;
  const char* unit;   ///< that the field counts
  const char* whole;  ///< after which it starts again
  std::uint32_t size; ///< how many numbers it has
};

void remark_step(const stepped_field& field, remarks& to) {
  const auto step = star_step_of(field.text);
  const auto subject = "the step of '" + field.text + "' (" + field.unit + ") ";
  if (step >= field.size)
    to.push_back(subject + "is greater than the field: it matches once each " + field.whole);
  else if (step > 0 && field.size % step != 0)
    to.push_back(subject + "starts again each " + field.whole + ": the last one is " +
                 std::to_string(field.size % step) + " instead of " + std::to_string(step));
}

void remark_steps(const line_fields& fields, remarks& to) {
  remark_step({fields.minute, "minute", "hour", 60}, to);
  remark_step({fields.hour, "hour", "day", 24}, to);
  if (const auto step = star_step_of(fields.day); step > 1)
    to.push_back("the step of '" + fields.day +
                 "' (day of month) starts again on the first of each month");
}

/// A change of the clocks of a zone.
struct clock_change {
  date::sys_seconds at;
  seconds before; ///< the offset from UTC until then
  seconds after;

  [[nodiscard]] std::string local_time(seconds offset) const {
    return date::format("%H:%M", date::local_seconds{at.time_since_epoch() + offset});
  }
  [[nodiscard]] std::string text(const std::string& zone) const {
    return "on " + date::format("%F", date::local_seconds{at.time_since_epoch() + before}) +
           " the clocks of " + zone + " go from " + local_time(before) + " to " + local_time(after);
  }
};

std::vector<clock_change> clock_changes(const std::string& zone, instant now) {
  std::vector<clock_change> changes;
  const auto* known = date::locate_zone(zone);
  const auto begin = date::floor<seconds>(now);
  auto period = known->get_info(begin);
  while (period.end < begin + date::days{366}) {
    const auto next = known->get_info(period.end);
    if (next.offset != period.offset)
      changes.push_back({next.begin, period.offset, next.offset});
    period = next;
  }
  return changes;
}

/// When a line is due around changes of the clocks, by each policy.
class clock_remarks {
public:
  /// `hour` is the hour field of `spec`.
  clock_remarks(const cron_spec& spec, const std::string& hour, std::uint64_t seed)
      : spec_(spec), follows_elapsed_time_(has_star(hour)), seed_(seed) {
    // The same line with its hours at the wall clock: `*/12` follows elapsed time, `0-23/12` does
    // not.
    fixed_ = spec;
    if (!follows_elapsed_time_)
      return;
    auto words = cron_words(spec.line);
    words[words.size() - 4] = "0-23" + hour.substr(1);
    fixed_.line = join(words, " ");
  }

  /// What happens to the run that falls into the skipped time; nothing if none does.
  [[nodiscard]] std::optional<std::string> at_gap(const clock_change& change) const {
    if (spec_.gap != gap_policy::run_after || !is_made_up(change))
      return std::nullopt;
    const auto skipped = change.text(spec_.zone) + ": ";
    if (follows_elapsed_time_)
      return skipped + "a run in between is left out, because the hour begins with '*'; '" +
             fixed_.line + "' has it at " + change.local_time(change.after);
    return skipped + "a run in between is at " + change.local_time(change.after);
  }

  /// What happens to a time that occurs twice; nothing if the line names none.
  [[nodiscard]] std::optional<std::string> at_repeat(const clock_change& change) const {
    if (spec_.repeated_hour != repeated_hour_policy::first || !is_repeated(change))
      return std::nullopt;
    const auto repeated = change.text(spec_.zone) + ": ";
    if (follows_elapsed_time_)
      return repeated + "a time that occurs twice has two runs, because the hour begins with '*'";
    return repeated + "a time that occurs twice has a run the first time only";
  }

private:
  /// Whether only the policy makes a run at the end of the gap.
  bool is_made_up(const clock_change& change) const {
    auto skipping = fixed_;
    skipping.gap = gap_policy::skip;
    return first_from(fixed_, change.at) == change.at &&
           first_from(skipping, change.at) != change.at;
  }

  bool is_repeated(const clock_change& change) const {
    auto repeating = fixed_;
    repeating.repeated_hour = repeated_hour_policy::both;
    const auto again = first_from(repeating, change.at);
    return again && *again < change.at + (change.before - change.after) &&
           again != first_from(fixed_, change.at);
  }

  std::optional<instant> first_from(const cron_spec& spec, date::sys_seconds at) const {
    const auto rule = cron_rule::parse(spec, seed_);
    return rule ? rule->next_after(instant{at} - duration{1}) : std::nullopt;
  }

  const cron_spec& spec_;
  bool follows_elapsed_time_;
  std::uint64_t seed_;
  cron_spec fixed_;
};

void remark_clock(const cron_spec& spec, const std::string& hour, std::uint64_t seed, instant now,
                  remarks& to) {
  if (has_star(hour) && !is_restricted(hour))
    return; // Every hour: elapsed time is what people expect.
  const clock_remarks clock{spec, hour, seed};
  std::optional<std::string> gap;
  std::optional<std::string> repeat;
  for (const auto& change : clock_changes(spec.zone, now)) {
    if (!gap && change.after > change.before)
      gap = clock.at_gap(change);
    if (!repeat && change.after < change.before)
      repeat = clock.at_repeat(change);
  }
  for (auto& remark : {gap, repeat})
    if (remark)
      to.push_back(*remark);
}

} // namespace

std::vector<std::string> cron_remarks(const cron_spec& spec, std::uint64_t seed, instant now) {
  if (is_boot_line(spec.line))
    return {"the machine that serves the schedule runs it when it boots: in a cluster one machine, "
            "not each of them"};
  remarks found;
  auto words = cron_words(spec.line);
  if (words.size() < 5 || !cron_rule::parse(spec, seed))
    return found;
  if (words.size() == 6) {
    remark_step({words[0], "second", "minute", 60}, found);
    words.erase(words.begin());
  }
  const line_fields fields{words[0], words[1], words[2], words[3], words[4]};
  remark_days(fields, found);
  remark_steps(fields, found);
  remark_clock(spec, fields.hour, seed, now, found);
  return found;
}

} // namespace belfry
