#include "scenario/cluster.hpp"
#include "wire/shard_of.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

drawn_task task_of(const workload_row& row, double pace) {
  drawn_task one;
  one.script.span = duration{1} + duration{static_cast<std::int64_t>(row.run_s * 1000 * pace)};
  one.spec.kind = drawn_kinds()[wire::fnv1a(row.type) % drawn_kinds().size()];
  one.spec.queue = row.tenant.empty() ? "default" : row.tenant;
  one.spec.retention = std::chrono::hours{24};
  one.spec.retry.attempts_max = 3;
  one.spec.retry.crashes_max = 3;
  one.spec.retry.delay_min = duration{100};
  if (row.has_failed)
    one.script.failures = one.spec.retry.attempts_max;
  return one;
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
        [&target, one = task_of(row, std::min(pace, 1.0))] { submit(target, one); });
  }
}

} // namespace belfry::sim
