#pragma once

#include "belfry/time.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry {

/// What to do about one named error, in place of the policy's rules.
struct error_rule {
  std::string error{};      ///< the error's name, as the handler gives it
  bool is_retryable = true; ///< false: the task is dead at once
  duration delay{-1};       ///< the pause before the next attempt; negative: as the policy says

  friend auto operator<=>(const error_rule&, const error_rule&) = default;
};

/// How long a failed task backs off before its next attempt, and when it is dead.
///
/// The n-th pause is `delay_min` (fixed) or `delay_min * 2^(n-1)` (exponential), at most
/// `delay_max`, then shortened by up to `jitter_percent` of itself, drawn at random, so that tasks
/// that failed together do not return together.
struct retry_policy {
  enum class backoff : std::uint8_t { fixed, exponential };

  backoff growth = backoff::exponential;
  std::uint32_t attempts_max = 5; ///< runs in all, the first included; at least 1
  std::uint32_t crashes_max = 3;  ///< runs that may end with the loss of their worker; at least 1
  duration delay_min{1'000};
  duration delay_max{3'600'000};
  std::uint32_t jitter_percent = 20; ///< 0 to 100
  std::vector<error_rule> rules{};

  /// An arbitrary order, for ordered containers.
  friend auto operator<=>(const retry_policy&, const retry_policy&) = default;
};

} // namespace belfry
