#include "plan.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace belfry::demo {

namespace {

constexpr double seconds_usual = 30;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in{line};
  for (std::string cell; std::getline(in, cell, ',');)
    cells.push_back(cell);
  if (!cells.empty() && cells.back().ends_with('\r'))
    cells.back().pop_back();
  return cells;
}

struct row {
  double submit_s = 0;
  double run_s = 0;
  std::string type;
  std::string tenant;
  std::string status;
};

result<std::vector<row>> read_rows(const replay& what) {
  std::ifstream file{what.file};
  if (!file)
    return failure{errc::not_found, "cannot read the trace " + what.file};
  std::string line;
  std::getline(file, line);
  std::map<std::string, std::size_t> columns;
  for (const auto& name : split(line))
    columns.emplace(name, columns.size());
  for (const auto* name : {"submit_time_s", "task_type", "tenant", "run_time_s", "status"})
    if (!columns.contains(name))
      return failure{errc::invalid_argument, "the trace has no column " + std::string{name}};
  std::vector<row> rows;
  while (rows.size() < what.rows_max && std::getline(file, line)) {
    const auto cells = split(line);
    if (cells.size() < columns.size())
      return failure{errc::invalid_argument,
                     "row " + std::to_string(rows.size() + 2) + " of the trace has " +
                         std::to_string(cells.size()) + " cells, expected " +
                         std::to_string(columns.size())};
    rows.push_back({std::strtod(cells[columns["submit_time_s"]].c_str(), nullptr),
                    std::strtod(cells[columns["run_time_s"]].c_str(), nullptr),
                    cells[columns["task_type"]], cells[columns["tenant"]],
                    cells[columns["status"]]});
  }
  if (rows.empty())
    return failure{errc::invalid_argument, "the trace has no rows"};
  return rows;
}

} // namespace

result<std::vector<planned_task>> plan_trace(const replay& what, instant start) {
  auto rows = read_rows(what);
  if (!rows)
    return rows.error();
  std::stable_sort(rows->begin(), rows->end(),
                   [](const row& a, const row& b) { return a.submit_s < b.submit_s; });
  const auto first_s = rows->front().submit_s;
  const auto span_s = rows->back().submit_s - first_s;
  const auto speedup = what.speedup > 0 ? what.speedup : std::max(1.0, span_s / seconds_usual);
  std::vector<planned_task> plan;
  for (const auto& one : *rows) {
    const auto fails = one.status == "failed" || one.status == "timeout";
    const auto run_ms = static_cast<std::int64_t>(std::max(0.0, one.run_s) * 1000 / speedup);
    planned_task task;
    task.group = fails ? "trace: fails" : "trace: succeeds";
    task.spec.kind = "sleep";
    task.spec.queue = one.tenant.empty() ? "default" : one.tenant;
    task.spec.payload = std::to_string(run_ms) + (fails ? " fail " : " ok ") + one.type;
    task.spec.due =
        start + duration{static_cast<std::int64_t>((one.submit_s - first_s) * 1000 / speedup)};
    task.spec.key = "row-" + std::to_string(plan.size());
    task.spec.retry.crashes_max = 50;
    task.expected = fails ? task_state::dead : task_state::succeeded;
    plan.push_back(std::move(task));
  }
  return plan;
}

} // namespace belfry::demo
