#include "checkers/checker.hpp"

#include "task/validate.hpp"
#include "time/cron.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace belfry::sim {

namespace {

/// A run due this close to the end may still be pending.
constexpr duration slack{120'000};
/// A due run has started within this time once all faults are healed.
constexpr duration surely_fired{20'000};

/// Compares the tasks of a schedule with the instants of its cron rule, which has its own tests. A
/// schedule at boot has at most one task for each boot.
class schedules_checker : public checker {
public:
  schedules_checker() : checker("schedules match") {}

  void observe(const observation& event, instant now) override {
    if (const auto* put = std::get_if<schedule_acknowledged>(&event))
      schedules_.try_emplace(put->spec.name, known_schedule{put->spec, now});
    else if (const auto* listed = std::get_if<schedule_listed>(&event))
      match(*listed, now);
    else if (const auto* commanded = std::get_if<schedule_commanded>(&event))
      (commanded->command == schedule_commanded::action::trigger ? triggered_ : paused_)
          .insert(commanded->name);
    else if (std::get_if<disk_replaced>(&event))
      schedules_.clear();
  }

private:
  struct known_schedule {
    schedule_spec spec;
    instant known_since{};
  };

  void match(const schedule_listed& event, instant now) {
    const auto found = schedules_.find(event.name);
    if (found == schedules_.end() || triggered_.contains(event.name))
      return;
    const auto& [spec, known_since] = found->second;
    const auto rule = rule_of(spec);
    auto due = event.due;
    std::sort(due.begin(), due.end());
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (!rule->is_at_boot() && rule->next_after(due[i] - duration{1}) != due[i])
        report_violation(event.name, "ran at an instant that its expression does not name", due[i]);
      if (i > 0 && due[i] == due[i - 1])
        report_violation(event.name, "ran twice for one instant", due[i]);
    }
    if (paused_.contains(event.name))
      return; // It skips runs.
    check_local_times(event.name, spec, known_since, due, now);
    if (spec.misfire == misfire_policy::skip || spec.overlap != overlap_policy::allow ||
        rule->is_at_boot())
      return; // It may skip runs.
    const bool is_complete = spec.misfire == misfire_policy::run_all;
    const auto first = rule->next_after(known_since);
    if (first && *first < now - slack && (due.empty() || (is_complete && due.front() > *first)))
      report_violation(event.name, "did not run though it was due", *first);
    if (!due.empty())
      if (const auto next = rule->next_after(due.back()); next && *next < now - slack)
        report_violation(event.name, "has stopped running; it was due", *next);
    for (std::size_t i = 1; is_complete && i < due.size(); ++i)
      if (due[i] != due[i - 1] && rule->next_after(due[i - 1]) != due[i])
        report_violation(event.name, "skipped a run before", due[i]);
  }

  /// Checks changes of daylight saving time without the rule: a fixed hour fires once on the day
  /// that has it twice, and a skipped hour fires when the clock is set forward.
  void check_local_times(const std::string& name, const schedule_spec& spec, instant known_since,
                         const std::vector<instant>& due, instant now) {
    if (!has_fixed_hours(spec.when.line))
      return;
    const auto* zone = date::locate_zone(spec.when.zone);
    const auto local_time = [zone](instant at) { return zone->to_local(at); };
    for (std::size_t i = 1; i < due.size(); ++i)
      if (due[i] != due[i - 1] && local_time(due[i]) <= local_time(due[i - 1]))
        report_violation(name, "ran twice for one time of day", due[i]);
    if (spec.misfire == misfire_policy::skip || spec.overlap != overlap_policy::allow)
      return;
    const auto before = zone->get_info(known_since);
    const auto change = instant{before.end.time_since_epoch()};
    if (change >= now - surely_fired)
      return;
    const auto skipped = local_time(change) - zone->get_info(change).offset + before.offset;
    const auto daily = time_of_daily(spec.when.line);
    const auto missed = date::floor<date::days>(skipped) + daily.value_or(duration{-1});
    if (daily && missed >= skipped && missed < local_time(change) &&
        !std::binary_search(due.begin(), due.end(), change))
      report_violation(name, "did not run for an hour that the clock change skipped", change);
  }

  /// Of an expression like `30 2 * * *`.
  static std::optional<duration> time_of_daily(const std::string& line) {
    int minute = 0;
    int hour = 0;
    int length = 0;
    if (std::sscanf(line.c_str(), "%d %d * * *%n", &minute, &hour, &length) != 2 ||
        static_cast<std::size_t>(length) != line.size())
      return std::nullopt;
    return std::chrono::hours{hour} + std::chrono::minutes{minute};
  }

  static bool has_fixed_hours(const std::string& line) {
    std::istringstream in{line};
    const std::vector<std::string> fields{std::istream_iterator<std::string>{in}, {}};
    return fields.size() >= 5 && fields[fields.size() - 4] != "*";
  }

  void report_violation(const std::string& name, const std::string& description, instant due) {
    report("'" + name + "' " + description + ": " + std::to_string(to_ms(due)));
  }

  std::map<std::string, known_schedule> schedules_;
  std::set<std::string> paused_; // At some time; `schedules_obey` checks what they skip.
  std::set<std::string> triggered_;
};

} // namespace

std::unique_ptr<checker> schedules_match() {
  return std::make_unique<schedules_checker>();
}

} // namespace belfry::sim
