#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

namespace belfry::bench {

namespace {

/// Cores that other programs may use during a run before it is measured again.
constexpr double noise_max = 0.25;

double rounded(double value, double per_unit) {
  return std::round(value * per_unit) / per_unit;
}

double ms_of(std::int64_t us) {
  return static_cast<double>(us) / 1000;
}

const char* leading_figure(const figures& run) {
  return run.contains("p99_ms") && !run["p99_ms"].is_null() ? "p99_ms" : "tasks_per_s";
}

std::string durability_text(durability level) {
  switch (level) {
  case durability::durable:
    return "synced to disk before the acknowledgement, and before every grant";
  case durability::relaxed:
    return "written, not synced, before the acknowledgement";
  case durability::in_memory:
    return "none (memory only)";
  }
  return {};
}

} // namespace

std::vector<std::int64_t> latenesses(const std::vector<run_record>& records) {
  std::vector<std::int64_t> late;
  late.reserve(records.size());
  for (const auto& record : records)
    late.push_back(record.start_us - record.reference_us);
  std::sort(late.begin(), late.end());
  return late;
}

void put_percentiles(figures& to, const std::vector<std::int64_t>& sorted_us) {
  if (sorted_us.empty())
    return;
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted_us.size()));
    return ms_of(sorted_us[std::min(index, sorted_us.size() - 1)]);
  };
  to["p50_ms"] = at(0.5);
  to["p99_ms"] = at(0.99);
  to["p999_ms"] = at(0.999);
  to["max_ms"] = ms_of(sorted_us.back());
  to["min_ms"] = ms_of(sorted_us.front());
}

void put_phase(figures& to, const std::string& when, const std::vector<std::int64_t>& sorted_us) {
  figures found;
  put_percentiles(found, sorted_us);
  for (const auto* name : {"p50_ms", "p99_ms", "max_ms"})
    to[when + "_" + name] = found[name];
  to[when + "_n"] = sorted_us.size();
}

void put_cpu(figures& to, const measured_run& run) {
  to["server_cpu_s"] = rounded(run.node_cpu_seconds, 100);
  to["worker_cpu_s"] = rounded(run.worker_cpu_seconds, 100);
  to["producer_cpu_s"] = rounded(run.producer_cpu_seconds, 100);
  to["other_cores"] = rounded(run.other_cores, 100);
}

void put_losses(figures& to, const std::vector<run_record>& records, std::int64_t n) {
  std::vector<std::int64_t> ids;
  ids.reserve(records.size());
  for (const auto& record : records)
    ids.push_back(record.id);
  std::sort(ids.begin(), ids.end());
  const auto unique = std::unique(ids.begin(), ids.end()) - ids.begin();
  to["lost"] = n - unique;
  to["duplicates"] = static_cast<std::int64_t>(records.size()) - unique;
}

figures quietest(int tries, const std::function<figures()>& measure) {
  figures best;
  for (int i = 0; i < tries; ++i) {
    auto measured = measure();
    std::cerr << measured.dump() << std::endl;
    if (best.is_null() || measured.at("other_cores") < best.at("other_cores"))
      best = std::move(measured);
    if (best.at("other_cores") <= noise_max)
      break;
  }
  return best;
}

figures median_of(const std::vector<figures>& runs) {
  const auto key = leading_figure(runs.front());
  auto ranked = runs;
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](const figures& a, const figures& b) { return a[key] < b[key]; });
  auto median = ranked[(ranked.size() - 1) / 2];
  for (const auto& run : runs)
    median["runs"].push_back(run[key]);
  median["runs_of"] = key;
  return median;
}

void print_row(const bench_options& options, const std::string& workload, const figures& found) {
  figures row;
  row["peer"] = "belfry";
  row["version"] = BELFRY_VERSION;
  row["durability"] = durability_text(options.level);
  row["engine"] = options.store.empty() ? "rocksdb" : "postgresql";
  row["workload"] = workload;
  for (const auto* column : {"n", "tasks_per_s", "p50_ms", "p99_ms", "p999_ms",
                             "rss_bytes_per_task", "disk_bytes_per_task", "recover_s", "lost"})
    row[column] = nullptr;
  for (const auto& [name, value] : found.items())
    row[name] = value;
  std::cout << row.dump() << std::endl;
}

} // namespace belfry::bench
