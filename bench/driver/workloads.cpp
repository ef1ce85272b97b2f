#include "workloads.hpp"

#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

namespace belfry::bench {

namespace {

constexpr std::int64_t span_s = 10;
constexpr std::int64_t poll_timeout_ms = 180'000;

std::int64_t per_second(std::int64_t n, std::int64_t us) {
  return std::llround(static_cast<double>(n) / static_cast<double>(us) * 1e6);
}

/// When the node was first seen without open tasks.
std::int64_t end_of(bench_node& node) {
  const auto seen_us = node.wait_until_empty(poll_timeout_ms);
  if (!seen_us)
    die("tasks are left in the node");
  return *seen_us;
}

/// Submits background tasks, in portions that the client can hold.
void fill_waiting(bench_node& node, const bench_options& options, std::int64_t count) {
  measured_run filling{node, options};
  filling.run_producer({"--count", std::to_string(count), "--when", "hour"}, poll_timeout_ms);
  filling.finish();
}

figures run_side_by_side(bench_node& node, const bench_options& options, std::int64_t count,
                         std::int64_t waiting) {
  measured_run run{node, options};
  run.start_workers();
  const auto made = run.run_producer({"--count", std::to_string(count)}, poll_timeout_ms);
  run.wait_until_run(count, poll_timeout_ms);
  std::optional<std::int64_t> last_us;
  for (const auto end_us = now_us() + poll_timeout_ms * 1000; !last_us && now_us() < end_us;)
    if (const auto open = node.count_open(); open && *open <= waiting)
      last_us = now_us();
  if (!last_us)
    die("tasks are left in the node");
  run.finish();
  figures found;
  found["n"] = count;
  found["tasks_per_s"] = per_second(count, *last_us - made.start_us);
  put_losses(found, run.records, count);
  put_cpu(found, run);
  const auto cpu_seconds = run.node_cpu_seconds + run.worker_cpu_seconds + run.producer_cpu_seconds;
  found["cpu_us_per_task"] = std::round(cpu_seconds / static_cast<double>(count) * 1e7) / 10;
  return found;
}

bool keeps_up(const figures& found, double growth_us, std::int64_t overtime_us) {
  return found["lost"] == 0 && overtime_us <= 1'500'000 && growth_us <= 250'000 &&
         found["p99_ms"] <= 1'500;
}

double mean_lateness(const std::vector<run_record>& records, std::int64_t from_us,
                     std::int64_t to_us) {
  double sum = 0;
  double count = 0;
  for (const auto& record : records)
    if (record.reference_us >= from_us && record.reference_us < to_us) {
      sum += static_cast<double>(record.start_us - record.reference_us);
      ++count;
    }
  return count > 0 ? sum / count : 1e12;
}

} // namespace

figures run_immediate(const bench_options& options, std::int64_t count, std::int64_t waiting) {
  bench_node node{options};
  if (waiting > 0)
    fill_waiting(node, options, waiting);
  auto found = run_side_by_side(node, options, count, waiting);
  found["waiting"] = waiting;
  if (waiting > 0)
    return found;
  {
    measured_run fill{node, options};
    const auto made = fill.run_producer({"--count", std::to_string(count)}, poll_timeout_ms);
    fill.finish();
    found["enqueue_per_s"] = per_second(count, made.end_us - made.start_us);
  }
  measured_run drain{node, options};
  const auto begin_us = drain.start_workers();
  drain.wait_until_run(count, poll_timeout_ms);
  const auto last_us = end_of(node);
  drain.finish();
  found["dequeue_ack_per_s"] = per_second(count, last_us - begin_us);
  return found;
}

figures run_delayed(const bench_options& options, std::int64_t rate, double submit_rate,
                    std::int64_t waiting) {
  bench_node node{options};
  if (waiting > 0)
    fill_waiting(node, options, waiting);
  const auto count = rate * span_s;
  const auto lead_ms =
      static_cast<std::int64_t>(static_cast<double>(count) / submit_rate * 1500) + 1000;
  measured_run run{node, options};
  run.start_workers();
  const auto made =
      run.run_producer({"--count", std::to_string(count), "--when", "spread", "--lead-ms",
                        std::to_string(lead_ms), "--span-ms", std::to_string(span_s * 1000)},
                       poll_timeout_ms);
  const auto last_due_us = made.t0_us + span_s * 1'000'000;
  run.wait_until_run(count, std::max<std::int64_t>(0, (last_due_us - now_us()) / 1000) + 15'000);
  const auto last_us = now_us();
  run.finish();

  figures found;
  found["n"] = count;
  found["rate_per_s"] = rate;
  found["waiting"] = waiting;
  put_percentiles(found, latenesses(run.records));
  put_losses(found, run.records, count);
  const auto growth_us = mean_lateness(run.records, last_due_us - 2'000'000, last_due_us) -
                         mean_lateness(run.records, made.t0_us, made.t0_us + 2'000'000);
  const auto kept_up = keeps_up(found, growth_us, last_us - last_due_us);
  found["kept_up"] = kept_up;
  found["tasks_per_s"] = kept_up ? figures(rate) : figures(nullptr);
  found["in_time"] = made.end_us <= made.t0_us;
  put_cpu(found, run);
  return found;
}

figures find_delayed_max(const bench_options& options, double submit_rate) {
  figures best{{"kept_up", false}};
  for (const std::int64_t rate : {5'000, 10'000, 15'000, 20'000, 30'000, 40'000, 50'000, 60'000,
                                  80'000, 100'000, 125'000, 150'000, 200'000}) {
    auto found = quietest(options.tries, [&] { return run_delayed(options, rate, submit_rate); });
    if (!found["kept_up"])
      break;
    best = std::move(found);
  }
  return best;
}

figures run_backlog(const bench_options& options, std::int64_t count) {
  bench_node node{options};
  const auto memory_before = memory_bytes_of(node.process());
  const auto disk_before = disk_bytes_of(node.data_directory());
  measured_run run{node, options};
  const auto made = run.run_producer(
      {"--count", std::to_string(count), "--when", "hour", "--limit-ms", "50000"}, poll_timeout_ms);
  run.finish();
  const auto held = node.count_open();
  std::this_thread::sleep_for(duration{2'000});
  const auto memory = memory_bytes_of(node.process()) - memory_before;
  const auto disk = disk_bytes_of(node.data_directory()) - disk_before;
  const auto idle_before = cpu_seconds_of(node.process());
  std::this_thread::sleep_for(std::chrono::seconds{span_s});
  const auto idle = cpu_seconds_of(node.process()) - idle_before;

  const bench_lock recovery_is_timed;
  node.kill();
  const auto restart_us = now_us();
  node.restart();
  std::optional<std::int64_t> after;
  for (const auto end_us = restart_us + poll_timeout_ms * 1000;
       (!after || *after < made.n) && now_us() < end_us;)
    after = node.count_open();
  const auto back_us = now_us();

  figures found;
  found["n"] = made.n;
  found["tasks_per_s"] = per_second(made.n, made.end_us - made.start_us);
  found["rss_bytes_per_task"] = memory / made.n;
  found["rss_bytes_per_task_beside_payload"] = memory / made.n - 128;
  found["disk_bytes_per_task"] = disk / made.n;
  found["idle_core_percent"] = std::round(idle / span_s * 1e4) / 100;
  found["recover_s"] = std::round(static_cast<double>(back_us - restart_us) / 1e4) / 100;
  found["lost"] = made.n - after.value_or(0);
  found["held_before_kill"] = held.value_or(-1);
  put_cpu(found, run);
  return found;
}

figures run_alone(const bench_options& options, std::int64_t rate) {
  bench_node node{options};
  const auto count = rate * (span_s + 1); // The first second warms up.
  measured_run run{node, options};
  run.start_workers();
  run.run_producer({"--count", std::to_string(count), "--pace", std::to_string(rate)},
                   poll_timeout_ms);
  run.wait_until_run(count, 20'000);
  run.finish();
  figures found;
  found["n"] = count - rate;
  found["tasks_per_s"] = rate;
  put_losses(found, run.records, count);
  auto& warm = run.records;
  warm.erase(std::remove_if(warm.begin(), warm.end(),
                            [&](const run_record& record) { return record.id < rate; }),
             warm.end());
  put_percentiles(found, latenesses(warm));
  put_cpu(found, run);
  return found;
}

} // namespace belfry::bench
