#include "time/schedule.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr duration lateness_allowed{60'000};

/// The due instants after `from` and up to `now`.
std::vector<instant> between(const cron_rule& rule, instant from, instant now) {
  std::vector<instant> found;
  for (auto next = rule.next_after(from); next && *next <= now; next = rule.next_after(*next))
    found.push_back(*next);
  return found;
}

/// The latest due instants after `from` and up to `now`, at least `count` of them if there are so
/// many: looks back from `now` further and further.
std::vector<instant> latest(const cron_rule& rule, instant from, instant now, std::size_t count) {
  for (duration back = lateness_allowed;; back *= 4) {
    const auto begin = std::max(from, now - back);
    auto found = between(rule, begin, now);
    if (found.size() >= count || begin == from)
      return found;
  }
}

} // namespace

fire_plan due_fires(const cron_rule& rule, misfire_policy misfire, std::uint32_t catch_up_max,
                    instant last_nominal, instant now) {
  const std::size_t count =
      misfire == misfire_policy::run_all ? std::max<std::uint32_t>(catch_up_max, 1) : 1;
  auto due = latest(rule, last_nominal, now, count);
  if (due.empty())
    return {{}, last_nominal};
  const auto last = due.back();
  if (misfire == misfire_policy::skip && last + lateness_allowed < now)
    return {{}, last};
  if (due.size() > count)
    due.erase(due.begin(), due.end() - static_cast<std::ptrdiff_t>(count));
  return {std::move(due), last};
}

} // namespace belfry
