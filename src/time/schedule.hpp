#pragma once

#include "time/cron.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace belfry {

/// A run this late still counts as on time: a timer may fire late, a node may stall.
constexpr duration late_tolerance_default = std::chrono::minutes{1};

/// Which runs of a schedule to launch now, and when it is due again.
struct fire_plan {
  std::vector<instant> nominal; ///< oldest first
  instant last{};               ///< everything up to here is launched or skipped
  std::optional<instant> next;  ///< the first occurrence after `last`, if one is in reach
};

/// The runs of `rule` that are due after `last_nominal` and up to `now`, under the misfire policy:
/// - `skip`: the latest, if it is at most `late_tolerance` old;
/// - `run_once`: the latest;
/// - `run_all`: the latest `catch_up_max` (0 counts as 1).
///
/// `last` is the latest due run, launched or not, or `last_nominal` if nothing was due. Nothing is
/// due either if `now` is before `last_nominal`, as when a clock was set back: no run is launched
/// twice. The cost grows with `catch_up_max` and the logarithm of the time since `last_nominal`,
/// not with the number of missed runs.
[[nodiscard]] fire_plan due_fires(const cron_rule& rule, misfire_policy misfire,
                                  std::uint32_t catch_up_max, instant last_nominal, instant now,
                                  duration late_tolerance = late_tolerance_default);

/// The boot instant of a machine may change by this much while it is up: the kernel
/// computes it from the clock, which is corrected.
constexpr duration boot_tolerance = std::chrono::minutes{1};

/// The run of a schedule with the line `@reboot` that is due because its machine booted at
/// `booted_at`, if that is more than `boot_tolerance` after `last_nominal` and not after `now`.
/// Nothing is due if the boot instant is not known. `last` as above; there is no `next`.
[[nodiscard]] fire_plan due_at_boot(const std::optional<instant>& booted_at, instant last_nominal,
                                    instant now);

} // namespace belfry
