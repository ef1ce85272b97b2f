#include "time/schedule.hpp"

#include <algorithm>

namespace belfry {

namespace {

constexpr duration stride_min = std::chrono::seconds{1};

/// Finds occurrences backwards with `next_after`, which looks forward only.
class backward_search {
public:
  backward_search(const cron_rule& rule, instant after) : rule_(rule), after_(after) {}

  /// The latest occurrence in (after, until]. Consecutive calls are cheap if occurrences are evenly
  /// spaced.
  std::optional<instant> latest(instant until) {
    auto beyond = until; // Nothing occurs in (beyond, until].
    auto found = leap_back(beyond);
    if (!found)
      return std::nullopt;
    for (auto later = first_in(*found, beyond); later; later = first_in(*found, beyond)) {
      const auto middle = *later + (beyond - *later) / 2;
      const auto jump = first_in(middle, beyond);
      if (!jump)
        beyond = middle;
      found = jump ? jump : later;
    }
    stride_ = std::max(until - *found, stride_min);
    return found;
  }

private:
  /// An occurrence in (after, beyond] near its end; lowers `beyond` to an instant after which there
  /// is none.
  std::optional<instant> leap_back(instant& beyond) {
    for (auto stride = stride_; beyond > after_; stride *= 2) {
      const auto from = beyond - after_ > stride ? beyond - stride : after_;
      if (const auto found = first_in(from, beyond))
        return found;
      beyond = from;
    }
    return std::nullopt;
  }

  std::optional<instant> first_in(instant after, instant until) const {
    const auto next = rule_.next_after(after);
    return next && *next <= until ? next : std::nullopt;
  }

  const cron_rule& rule_;
  instant after_;
  duration stride_ = stride_min; // How far back the previous call found its occurrence.
};

} // namespace

fire_plan due_fires(const cron_rule& rule, misfire_policy misfire, std::uint32_t catch_up_max,
                    instant last_nominal, instant now, duration late_tolerance) {
  backward_search search{rule, last_nominal};
  const auto latest = search.latest(now);
  if (!latest)
    return {{}, last_nominal, rule.next_after(last_nominal)};
  fire_plan plan{{}, *latest, rule.next_after(*latest)};
  if (misfire == misfire_policy::skip && now - *latest > late_tolerance)
    return plan;
  const std::size_t count =
      misfire == misfire_policy::run_all ? std::max<std::uint32_t>(catch_up_max, 1) : 1;
  plan.nominal.push_back(*latest);
  while (plan.nominal.size() < count) {
    const auto earlier = search.latest(plan.nominal.back() - duration{1});
    if (!earlier)
      break;
    plan.nominal.push_back(*earlier);
  }
  std::reverse(plan.nominal.begin(), plan.nominal.end());
  return plan;
}

fire_plan due_at_boot(const std::optional<instant>& booted_at, instant last_nominal, instant now) {
  if (!booted_at || *booted_at > now || last_nominal >= *booted_at - boot_tolerance)
    return {{}, last_nominal, std::nullopt};
  return {{*booted_at}, *booted_at, std::nullopt};
}

} // namespace belfry
