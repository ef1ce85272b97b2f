#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/task.hpp"
#include "time/cron.hpp"

#include <cstdint>

namespace belfry {

/// The least and the greatest priority of a task.
inline constexpr std::int32_t priority_min = -100;
inline constexpr std::int32_t priority_max = 100;

/// The most missed runs that a schedule may catch up on at once.
inline constexpr std::uint32_t catch_up_limit = 1'000;

/// Whether a shard may accept `spec` at `now`. The failure names the field, what it holds, and
/// what was expected.
result<done> check(const task_spec& spec, const submit_limits& limits, instant now);

/// The same for what a change sets. Deadlines, which a change leaves alone, are the caller's.
result<done> check(const task_change& change, const submit_limits& limits, instant now);

/// The same for a schedule, its cron line and zone included.
result<done> check(const schedule_spec& spec, const submit_limits& limits, instant now);

/// The rule by which the schedule fires; a `~` in it stands for a number that the schedule's name
/// selects, the same on every node. The failure says why this machine or this version cannot
/// tell when it is due: the time-zone database lacks its zone, or a later version has recorded it.
result<cron_rule> rule_of(const schedule_spec& spec);

/// The same, if the schedule is due at some time after `now`, or at boot. Not for what is recorded:
/// earlier versions accepted lines that never come, such as 30 February.
result<cron_rule> rule_due_after(const schedule_spec& spec, instant now);

/// Selects the numbers that a `~` in the line of a schedule called `name` stands for.
[[nodiscard]] std::uint64_t cron_seed(const std::string& name);

/// Whether `name` can name a queue or a kind: 1 to `bytes_max` printable characters.
result<done> check_name(const char* field, const std::string& name, std::size_t bytes_max);

} // namespace belfry
