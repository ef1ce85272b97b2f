#pragma once

#include "workloads.hpp"

namespace belfry::bench {

/// W6: shards with `waiting` tasks each move from one node to another and back, while one task a
/// millisecond is submitted, to each shard in turn; how long those tasks waited for their answer.
/// Needs a store.
figures run_moves(const bench_options& options, std::int64_t waiting);

} // namespace belfry::bench
