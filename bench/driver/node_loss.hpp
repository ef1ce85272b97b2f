#pragma once

#include "workloads.hpp"

namespace belfry::bench {

/// W7: three nodes with a store, `rate` tasks a second to run at once for 20 s; one node is killed
/// after 10 s. Submit to start before, and of those submitted since that were held up; for how long
/// after the loss tasks were held up. Needs a store.
figures run_node_loss(const bench_options& options, std::int64_t rate);

} // namespace belfry::bench
