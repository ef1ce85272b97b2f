#include "metrics/node_metrics.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

lane_metrics& lane_at(node_metrics& node, const ready_summary& lane) {
  const auto is_before = [](const lane_metrics& known, const ready_summary& wanted) {
    return std::pair{known.queue, known.kind} < std::pair{wanted.queue, wanted.kind};
  };
  const auto at = std::lower_bound(node.lanes.begin(), node.lanes.end(), lane, is_before);
  if (at != node.lanes.end() && at->queue == lane.queue && at->kind == lane.kind)
    return *at;
  return *node.lanes.insert(at, {.queue = lane.queue, .kind = lane.kind});
}

} // namespace

void merge(const shard_metrics& part, node_metrics& to) {
  to.write_pending = std::max(to.write_pending, part.write_pending);
  if (to.storage_trouble.empty())
    to.storage_trouble = part.write_refusal;
  for (const auto& queue : part.queues) {
    auto& known = to.queues[queue.settings.queue];
    known.is_paused |= queue.settings.is_paused;
    for (std::size_t i = 0; i < queue.counts.size(); ++i)
      known.counts[i] += queue.counts[i];
  }
  for (const auto& lane : part.lanes) {
    auto& known = lane_at(to, lane);
    known.ready += lane.count;
    if (lane.oldest_due)
      known.oldest_age = std::max(known.oldest_age, part.at - *lane.oldest_due);
  }
}

void merge(const task_counters& part, node_metrics& to) {
  for (const auto& [name, counts] : part.all())
    to.counts[name] += counts;
  for (const auto& [reason, count] : part.refused_batches())
    to.refused_batches[reason] += count;
  to.stale_outcomes += part.stale_outcomes();
}

} // namespace belfry
