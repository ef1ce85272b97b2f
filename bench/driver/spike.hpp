#pragma once

#include "workloads.hpp"

namespace belfry::bench {

/// W5: tasks of 10 ms for two minutes at 60 % of what the workers can do, and for two seconds of
/// them ten times more than they can. Every tenth of the usual tasks is of high priority; the
/// additional tasks are of low priority. How long each waited from the moment it was submitted:
/// before the spike, in it, while its backlog is worked off, and after; the node's memory.
figures run_spike(const bench_options& options);

} // namespace belfry::bench
