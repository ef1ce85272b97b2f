#include "random/hash.hpp"
#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

drawn_task task_of(const workload_row& row, double pace) {
  drawn_task task;
  task.script.span = duration{1} + duration{static_cast<std::int64_t>(row.run_s * 1000 * pace)};
  task.spec.kind = drawn_kinds()[fnv1a(row.type) % drawn_kinds().size()];
  task.spec.queue = row.tenant.empty() ? "default" : row.tenant;
  task.spec.retention = std::chrono::hours{24};
  task.spec.retry.attempts_max = 3;
  task.spec.retry.crashes_max = 3;
  task.spec.retry.delay_min = duration{100};
  if (row.has_failed)
    task.script.failures = task.spec.retry.attempts_max;
  return task;
}

} // namespace

void replay(cluster& target, const std::vector<workload_row>& rows, duration length) {
  const auto first = rows.front().submit_s;
  const auto span = std::max(rows.back().submit_s - first, 0.001);
  const auto pace = std::chrono::duration<double>(length).count() / span;
  for (const auto& row : rows) {
    const std::chrono::duration<double> at{(row.submit_s - first) * pace};
    target.sim_world().after(
        std::chrono::duration_cast<world_time>(at),
        [&target, task = task_of(row, std::min(pace, 1.0))] { submit(target, task); });
  }
}

} // namespace belfry::sim
