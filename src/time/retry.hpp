#pragma once

#include "belfry/result.hpp"
#include "belfry/retry_policy.hpp"

#include <cstdint>
#include <string_view>

namespace belfry {

/// What becomes of a task whose attempt failed.
struct retry_decision {
  bool retry = false;
  duration delay{0}; ///< from now to the next attempt
};

/// After the `attempts`-th attempt failed with `error`. `random` chooses the jitter. A rule of the
/// policy for this error goes before what the handler says, and never past `attempts_max`.
[[nodiscard]] retry_decision after_failure(const retry_policy& policy, std::uint32_t attempts,
                                           std::string_view error, bool is_retryable,
                                           std::uint64_t random);

/// After the `attempts`-th attempt, and the `crashes`-th of them, took its worker down.
[[nodiscard]] retry_decision after_crash(const retry_policy& policy, std::uint32_t attempts,
                                         std::uint32_t crashes, std::uint64_t random);

/// Whether `policy` makes sense; the failure names the field and what was expected.
result<done> check(const retry_policy& policy);

} // namespace belfry
