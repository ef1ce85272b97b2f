#include "node_loss.hpp"

#include "figures.hpp"
#include "nodes.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace belfry::bench {

namespace {

constexpr std::int64_t poll_timeout_ms = 120'000;
constexpr std::int64_t span_s = 20;
constexpr std::int64_t warm_up_us = 2'000'000;
constexpr std::int64_t held_up_us = 100'000; // A longer delay is no noise.
constexpr const char* others[] = {"second", "third"};

std::vector<std::int64_t>
latenesses_of(const std::vector<run_record>& records,
              const std::function<bool(std::int64_t submitted_us)>& is_meant) {
  std::vector<run_record> meant;
  std::copy_if(records.begin(), records.end(), std::back_inserter(meant),
               [&](const run_record& record) { return is_meant(record.reference_us); });
  return latenesses(meant);
}

std::vector<std::unique_ptr<child>> join_others(bench_node& first, const bench_options& options) {
  std::vector<std::unique_ptr<child>> nodes;
  for (const auto* name : others) {
    const std::vector<std::string> words{
        "node",   "--store", options.store, "--shards", std::to_string(options.shards),
        "--name", name};
    nodes.push_back(std::make_unique<child>(words, first.log()));
    (void)nodes.back()->expect_line(poll_timeout_ms);
  }
  for (const auto* name : others)
    (void)wait_for_balance(first.control_client(), name);
  return nodes;
}

} // namespace

figures run_node_loss(const bench_options& options, std::int64_t rate) {
  if (options.store.empty())
    die("W7 needs --store: only shards of a shared store are taken over");
  bench_node first{options};
  const auto nodes = join_others(first, options);
  const auto count = rate * span_s;
  measured_run run{first, options};
  run.start_workers();
  producer_report made;
  std::thread producing{[&] {
    made = run.run_producer({"--count", std::to_string(count), "--pace", std::to_string(rate)},
                            poll_timeout_ms);
  }};
  std::this_thread::sleep_for(std::chrono::seconds{span_s / 2});
  nodes.front()->kill();
  const auto killed_us = now_us();
  producing.join();
  run.wait_until_run(count, poll_timeout_ms);
  run.finish();

  figures found;
  found["n"] = count;
  found["tasks_per_s"] = rate;
  put_losses(found, run.records, count);
  put_phase(found, "before", latenesses_of(run.records, [&](std::int64_t us) {
              return us > made.start_us + warm_up_us && us < killed_us - warm_up_us;
            }));
  std::int64_t last_us = killed_us;
  for (const auto& record : run.records)
    if (record.reference_us > killed_us && record.start_us - record.reference_us > held_up_us)
      last_us = std::max(last_us, record.reference_us);
  found["held_up_s"] = static_cast<double>((last_us - killed_us) / 1000) / 1e3;
  put_phase(found, "loss", latenesses_of(run.records, [&](std::int64_t us) {
              return us >= killed_us - warm_up_us && us <= last_us;
            }));
  put_phase(found, "after",
            latenesses_of(run.records, [&](std::int64_t us) { return us > last_us; }));
  put_cpu(found, run);
  nodes.back()->close_input();
  nodes.back()->finish(30'000);
  return found;
}

} // namespace belfry::bench
