// What a shard says of itself to the metrics collector.
#include "shard/shard_state.hpp"

#include <algorithm>

namespace belfry {

/// At once: not when everything decided so far is durable, for a storage that does not answer is
/// what an operator looks for.
shard_collected shard_state::on_collect_metrics(const collect_metrics& request) const {
  shard_collected answer{request.number, {}};
  auto& metrics = answer.metrics;
  metrics.shard = options_.shard;
  metrics.at = std::max(now_, options_.time->now());
  if (options_.counters)
    metrics.counters = *options_.counters;
  metrics.is_serving = is_serving();
  if (!is_serving())
    return answer;
  metrics.queues = tasks_->views().queues();
  metrics.lanes = tasks_->views().ready_lanes();
  if (batches_.is_in_flight())
    metrics.write_pending = metrics.at - write_began_at_;
  if (batches_.refusal())
    metrics.write_refusal = batches_.refusal()->text;
  return answer;
}

} // namespace belfry
