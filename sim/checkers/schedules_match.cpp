#include "checkers/checker.hpp"

#include "time/cron.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

namespace belfry::sim {

namespace {

/// What is due this close to the end may still be on its way.
constexpr duration slack{120'000};
/// But what is due is there soon, when nothing is broken any more.
constexpr duration surely_fired{20'000};

/// Matches the tasks of a schedule with the instants of its rule, which is taken to be right: it
/// has tests of its own.
class schedules_checker : public checker {
public:
  schedules_checker() : checker("schedules match") {}

  void observe(const observation& what, instant now) override {
    if (const auto* put = std::get_if<schedule_acknowledged>(&what))
      schedules_.try_emplace(put->spec.name, known_schedule{put->spec, now});
    else if (const auto* listed = std::get_if<schedule_listed>(&what))
      match(*listed, now);
    else if (std::get_if<disk_replaced>(&what))
      schedules_.clear();
  }

private:
  struct known_schedule {
    schedule_spec spec;
    instant known_since{};
  };

  void match(const schedule_listed& it, instant now) {
    const auto found = schedules_.find(it.name);
    if (found == schedules_.end())
      return;
    const auto& [spec, known_since] = found->second;
    const auto rule = cron_rule::parse(spec.when);
    auto due = it.due;
    std::sort(due.begin(), due.end());
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (rule->next_after(due[i] - duration{1}) != due[i])
        print_error(it.name, "ran at an instant that its line does not name", due[i]);
      if (i > 0 && due[i] == due[i - 1])
        print_error(it.name, "ran twice for one instant", due[i]);
    }
    look_at_walls(it.name, spec, known_since, due, now);
    if (spec.misfire == misfire_policy::skip || spec.overlap != overlap_policy::allow)
      return; // May leave runs out.
    const bool is_complete = spec.misfire == misfire_policy::run_all;
    const auto first = rule->next_after(known_since);
    if (first && *first < now - slack && (due.empty() || (is_complete && due.front() > *first)))
      print_error(it.name, "did not run though it was due", *first);
    if (!due.empty())
      if (const auto next = rule->next_after(due.back()); next && *next < now - slack)
        print_error(it.name, "has stopped to run; it was due", *next);
    for (std::size_t i = 1; is_complete && i < due.size(); ++i)
      if (due[i] != due[i - 1] && rule->next_after(due[i - 1]) != due[i])
        print_error(it.name, "left a run out before", due[i]);
  }

  /// What can be said without the rule: a fixed hour comes once, also on the day that has it twice,
  /// and what the clocks have skipped comes when they are forward.
  void look_at_walls(const std::string& name, const schedule_spec& spec, instant known_since,
                     const std::vector<instant>& due, instant now) {
    if (!has_fixed_hours(spec.when.line))
      return;
    const auto* zone = date::locate_zone(spec.when.zone);
    const auto wall = [zone](instant at) { return zone->to_local(at); };
    for (std::size_t i = 1; i < due.size(); ++i)
      if (due[i] != due[i - 1] && wall(due[i]) <= wall(due[i - 1]))
        print_error(name, "ran twice for one time of day", due[i]);
    if (spec.misfire == misfire_policy::skip || spec.overlap != overlap_policy::allow)
      return;
    const auto before = zone->get_info(known_since);
    const auto change = instant{before.end.time_since_epoch()};
    if (change >= now - surely_fired)
      return;
    const auto skipped = wall(change) - zone->get_info(change).offset + before.offset;
    const auto daily = time_of_daily(spec.when.line);
    const auto missed = date::floor<date::days>(skipped) + daily.value_or(duration{-1});
    if (daily && missed >= skipped && missed < wall(change) &&
        !std::binary_search(due.begin(), due.end(), change))
      print_error(name, "left out what the clocks have skipped", change);
  }

  /// Of a line like `30 2 * * *`.
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

  void print_error(const std::string& name, const std::string& what, instant due) {
    report("'" + name + "' " + what + ": " + std::to_string(to_ms(due)));
  }

  std::map<std::string, known_schedule> schedules_;
};

} // namespace

std::unique_ptr<checker> schedules_match() {
  return std::make_unique<schedules_checker>();
}

} // namespace belfry::sim
