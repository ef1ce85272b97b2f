#pragma once

#include "belfry/ids.hpp"
#include "task/granted_run.hpp"
#include "wire/messages.pb.h"

#include <cstdint>
#include <vector>

namespace belfry::wire {

/// How long before its message, by the worker's clock, something was: from 0 to `started_ago_max`.
[[nodiscard]] duration ago_of(std::int64_t at_ms, std::int64_t clock_ms);

/// Those of `runs` whose handlers have begun, of tasks of `shard`. `clock_ms` is of their message.
[[nodiscard]] std::vector<begun_run>
begun_runs_of(const google::protobuf::RepeatedPtrField<RunRef>& runs, std::int64_t clock_ms,
              shard_id shard);

} // namespace belfry::wire
