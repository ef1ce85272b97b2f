#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/task.hpp"

namespace belfry {

/// Whether a shard may accept `spec` at `now`. The failure names the field, what it holds, and
/// what was expected.
result<done> check(const task_spec& spec, const submit_limits& limits, instant now);

/// The same for a schedule, its cron line and zone included.
result<done> check(const schedule_spec& spec, const submit_limits& limits, instant now);

/// Whether `name` can name a queue or a kind: 1 to `bytes_max` printable characters.
result<done> check_name(const char* field, const std::string& name, std::size_t bytes_max);

} // namespace belfry
