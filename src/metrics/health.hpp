#pragma once

#include "belfry/health.hpp"
#include "metrics/node_metrics.hpp"

namespace belfry {

/// The oldest ready task of a queue that keeps up has waited no longer than that.
inline constexpr duration start_delay_objective{10'000};
/// A write and its sync that take as long are slow.
inline constexpr duration slow_write_min{500};

/// The verdict on a node and each of its queues.
///
///     the oldest ready task   and                               verdict
///     -                       none is ready                     idle
///     has waited 3 s          -                                 keeps_up
///     has waited 5 min        the queue is paused               paused (ok)
///     has waited 5 min        a write has been pending for 2 s  storage
///     has waited 5 min        its kind has no worker            no_worker_for_kind
///
/// Of several kinds with old tasks, the one whose oldest task has waited longest gives the reason.
/// O(n log n) in the queues and lanes.
[[nodiscard]] health_report assess(const node_metrics& node);

} // namespace belfry
