#include "time/retry.hpp"

#include <algorithm>
#include <string>

namespace belfry {

namespace {

duration backoff_delay(const retry_policy& policy, std::uint32_t attempts, std::uint64_t random) {
  auto delay = policy.delay_min.count();
  if (policy.growth == retry_policy::backoff::exponential)
    for (std::uint32_t i = 1; i < attempts && delay < policy.delay_max.count(); ++i)
      delay *= 2;
  delay = std::min(delay, policy.delay_max.count());
  const auto jitter_max = static_cast<std::uint64_t>(delay / 100 * policy.jitter_percent +
                                                     delay % 100 * policy.jitter_percent / 100);
  return duration{delay - static_cast<std::int64_t>(random % (jitter_max + 1))};
}

failure invalid(std::string problem) {
  return {errc::invalid_argument, "retry: " + std::move(problem)};
}

} // namespace

retry_decision after_failure(const retry_policy& policy, std::uint32_t attempts,
                             std::string_view error, bool is_retryable, std::uint64_t random) {
  if (is_last_attempt(policy, attempts))
    return {};
  for (const auto& rule : policy.rules)
    if (rule.error == error) {
      if (!rule.is_retryable)
        return {};
      return {true, rule.delay.count() >= 0 ? rule.delay : backoff_delay(policy, attempts, random)};
    }
  if (!is_retryable)
    return {};
  return {true, backoff_delay(policy, attempts, random)};
}

retry_decision after_crash(const retry_policy& policy, std::uint32_t attempts,
                           std::uint32_t crashes, std::uint64_t random) {
  if (is_last_attempt(policy, attempts) || crashes >= policy.crashes_max)
    return {};
  return {true, backoff_delay(policy, attempts, random)};
}

result<done> check(const retry_policy& policy) {
  constexpr duration year{std::chrono::hours{24 * 366}};
  if (policy.attempts_max < 1 || policy.attempts_max > attempts_limit)
    return invalid("attempts_max is " + std::to_string(policy.attempts_max) + ", expected 1 to " +
                   std::to_string(attempts_limit));
  if (policy.crashes_max < 1 || policy.crashes_max > 1'000)
    return invalid("crashes_max is " + std::to_string(policy.crashes_max) + ", expected 1 to 1000");
  if (policy.delay_min < duration{0} || policy.delay_min > policy.delay_max ||
      policy.delay_max > year)
    return invalid("delay_min is " + std::to_string(policy.delay_min.count()) +
                   " ms and delay_max is " + std::to_string(policy.delay_max.count()) +
                   " ms, expected 0 <= delay_min <= delay_max <= 366 days");
  if (policy.jitter_percent > 100)
    return invalid("jitter_percent is " + std::to_string(policy.jitter_percent) +
                   ", expected 0 to 100");
  if (policy.rules.size() > 50)
    return invalid("there are " + std::to_string(policy.rules.size()) + " rules, the limit is 50");
  for (const auto& rule : policy.rules)
    if (rule.delay > year)
      return invalid("the rule for '" + rule.error + "' has a delay of " +
                     std::to_string(rule.delay.count()) + " ms, expected at most 366 days");
  return done{};
}

} // namespace belfry
