#include "plan.hpp"

#include "os/workload_file.hpp"

#include <algorithm>

namespace belfry::demo {

namespace {

constexpr double seconds_usual = 30;

} // namespace

result<std::vector<planned_task>> plan_trace(const replay& replayed, instant start) {
  const auto rows = read_workload(replayed.file, replayed.rows_max);
  if (!rows)
    return rows.error();
  const auto first_s = rows->front().submit_s;
  const auto span_s = rows->back().submit_s - first_s;
  const auto speedup =
      replayed.speedup > 0 ? replayed.speedup : std::max(1.0, span_s / seconds_usual);
  std::vector<planned_task> plan;
  for (const auto& row : *rows) {
    const auto fails = row.has_failed;
    const auto run_ms = static_cast<std::int64_t>(row.run_s * 1000 / speedup);
    planned_task task;
    task.group = fails ? "trace: fails" : "trace: succeeds";
    task.spec.kind = "sleep";
    task.spec.queue = row.tenant.empty() ? "default" : row.tenant;
    task.spec.payload = std::to_string(run_ms) + (fails ? " fail " : " ok ") + row.type;
    task.spec.due =
        start + duration{static_cast<std::int64_t>((row.submit_s - first_s) * 1000 / speedup)};
    task.spec.key = "row-" + std::to_string(plan.size());
    task.spec.retry.crashes_max = 50;
    task.expected = fails ? task_state::dead : task_state::succeeded;
    plan.push_back(std::move(task));
  }
  return plan;
}

} // namespace belfry::demo
