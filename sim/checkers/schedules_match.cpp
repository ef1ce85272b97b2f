#include "checkers/checker.hpp"

#include "time/cron.hpp"

#include <algorithm>
#include <map>

namespace belfry::sim {

namespace {

/// What is due this close to the end may still be on its way.
constexpr duration slack{120'000};

/// Matches the tasks of a schedule with the instants of its rule, which is taken to be right: it
/// has tests of its own.
class schedules_checker : public checker {
public:
  schedules_checker() : checker("schedules match") {}

  void see(const observation& what, instant now) override {
    if (const auto* put = std::get_if<schedule_acknowledged>(&what))
      schedules_.try_emplace(put->spec.name, known_schedule{put->spec, now});
    else if (const auto* listed = std::get_if<schedule_listed>(&what))
      match(*listed, now);
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
        complain(it.name, "ran at an instant that its line does not name", due[i]);
      if (i > 0 && due[i] == due[i - 1])
        complain(it.name, "ran twice for one instant", due[i]);
    }
    if (spec.misfire == misfire_policy::skip || spec.overlap != overlap_policy::allow)
      return; // May leave runs out.
    const bool is_complete = spec.misfire == misfire_policy::run_all;
    const auto first = rule->next_after(known_since);
    if (first && *first < now - slack && (due.empty() || (is_complete && due.front() > *first)))
      complain(it.name, "did not run though it was due", *first);
    if (!due.empty())
      if (const auto next = rule->next_after(due.back()); next && *next < now - slack)
        complain(it.name, "has stopped to run; it was due", *next);
    for (std::size_t i = 1; is_complete && i < due.size(); ++i)
      if (due[i] != due[i - 1] && rule->next_after(due[i - 1]) != due[i])
        complain(it.name, "left a run out before", due[i]);
  }

  void complain(const std::string& name, const std::string& what, instant due) {
    report("'" + name + "' " + what + ": " + std::to_string(to_ms(due)));
  }

  std::map<std::string, known_schedule> schedules_;
};

} // namespace

std::unique_ptr<checker> schedules_match() {
  return std::make_unique<schedules_checker>();
}

} // namespace belfry::sim
