#pragma once

#include "belfry/ids.hpp"
#include "belfry/options.hpp"
#include "belfry/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace belfry {

/// What a ledger is set up with.
struct ledger_options {
  shard_id shard;
  std::uint64_t epoch = 1;      ///< of the shard's owner; makes tokens grow over take-overs
  std::uint64_t serial_min = 1; ///< of tasks that are accepted from now on
  std::uint64_t seed = 1;       ///< for jitter
  /// When the shard's machine booted; nothing: that is not known, and `@reboot` is never due.
  std::optional<instant> booted_at{};
  submit_limits submits{};
  run_limits runs{};
  std::size_t settled_kept_max = 20'000; ///< settled tasks remembered, dead ones not counted
  duration dead_retention{std::chrono::hours{24 * 30}};
  /// How long a client's last batch is kept after it was accepted; down time does not count.
  duration deduplication_window{std::chrono::minutes{10}};
};

} // namespace belfry
