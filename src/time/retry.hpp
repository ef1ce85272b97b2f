#pragma once

#include "belfry/result.hpp"
#include "belfry/retry_policy.hpp"

#include <cstdint>
#include <string_view>

namespace belfry {

/// The most that `retry_policy::attempts_max` may be, and the most retries that these make.
inline constexpr std::uint32_t attempts_limit = 10'000;
inline constexpr std::uint32_t retries_max = attempts_limit - 1;

/// Whether a task whose attempt failed is retried, and when.
struct retry_decision {
  bool retry = false;
  duration delay{0}; ///< from now to the next attempt
};

/// Whether the policy allows no attempt after number `attempts`, however that one fails.
[[nodiscard]] inline bool is_last_attempt(const retry_policy& policy, std::uint32_t attempts) {
  return attempts >= policy.attempts_max;
}

/// Decides after attempt number `attempts` failed with `error`. `random` chooses the jitter. A rule
/// of the policy for this error overrides the handler's `is_retryable`, but not `attempts_max`.
[[nodiscard]] retry_decision after_failure(const retry_policy& policy, std::uint32_t attempts,
                                           std::string_view error, bool is_retryable,
                                           std::uint64_t random);

/// Decides after attempt number `attempts` lost its worker, the `crashes`-th attempt to do so.
[[nodiscard]] retry_decision after_crash(const retry_policy& policy, std::uint32_t attempts,
                                         std::uint32_t crashes, std::uint64_t random);

/// Whether `policy` is valid; the failure names the field and what was expected.
result<done> check(const retry_policy& policy);

} // namespace belfry
