#pragma once

#include "measured_run.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace belfry::bench {

/// The figures of one run, by name.
using figures = nlohmann::ordered_json;

/// W1: `count` tasks to run at once, producer and workers side by side; then the same number
/// submitted with no worker there, and run with no producer there. With `waiting` other tasks that
/// are due in an hour, only the first part.
figures run_immediate(const bench_options& options, std::int64_t count, std::int64_t waiting);

/// W2: `rate` times 10 s tasks, due at random moments of the same 10 s, all accepted before, while
/// `waiting` others are due in an hour.
/// `submit_rate`: the rate at which they are accepted.
figures run_delayed(const bench_options& options, std::int64_t rate, double submit_rate,
                    std::int64_t waiting = 0);

/// W2max: W2 at the highest rate of a ladder that it keeps up with.
figures find_delayed_max(const bench_options& options, double submit_rate);

/// W3: `count` tasks due in an hour; memory, disk and processor time that they take; the node
/// killed and started again, until the count is back.
figures run_backlog(const bench_options& options, std::int64_t count);

/// W4: `rate` tasks a second for 10 s, each submitted alone, from submit to start.
figures run_alone(const bench_options& options, std::int64_t rate);

} // namespace belfry::bench
