#include "spike.hpp"

#include "figures.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace belfry::bench {

namespace {

constexpr std::int64_t run_us = 10'000;
constexpr std::int64_t usual_percent = 60;
constexpr std::int64_t usual_s = 120;
constexpr std::int64_t before_s = 10;
constexpr std::int64_t spike_s = 2;
constexpr std::int64_t poll_timeout_ms = 300'000;
constexpr std::int64_t high_every = 10;
constexpr std::int64_t first_beyond = 1'000'000'000; ///< numbers of the tasks beyond the usual

struct phase {
  const char* name;
  std::int64_t from_us;
  std::int64_t to_us;
};

/// A process that submits, while others do, too.
class running_producer {
public:
  running_producer(const bench_node& node, std::vector<std::string> words)
      : process_(
            [&] {
              words.insert(words.begin(), {"produce", "--port", std::to_string(node.port())});
              return words;
            }(),
            node.log()) {
    process_.expect_line(30'000);
  }
  void go() { process_.write_line("go"); }
  void finish() {
    process_.expect_line(poll_timeout_ms);
    process_.finish(30'000);
  }

private:
  child process_;
};

bool is_beyond(const run_record& record) {
  return record.id >= first_beyond;
}
bool is_high(const run_record& record) {
  return !is_beyond(record) && record.id % high_every == 0;
}
bool is_normal(const run_record& record) {
  return !is_beyond(record) && !is_high(record);
}

/// How long the chosen ones that were submitted in a phase waited; nothing if there are none.
template <class Which>
void put_wait(figures& to, const std::string& name, const std::vector<run_record>& records,
              const phase& when, Which which) {
  std::vector<run_record> chosen;
  std::copy_if(records.begin(), records.end(), std::back_inserter(chosen), [&](const auto& record) {
    return which(record) && record.reference_us >= when.from_us && record.reference_us < when.to_us;
  });
  figures found;
  put_percentiles(found, latenesses(chosen));
  if (!chosen.empty())
    to[name + "_p99_ms"] = found["p99_ms"];
}

/// Of the runs that began within that time.
double runs_per_s(const std::vector<run_record>& records, std::int64_t from_us,
                  std::int64_t to_us) {
  const auto count = std::count_if(records.begin(), records.end(), [&](const auto& record) {
    return record.start_us >= from_us && record.start_us < to_us;
  });
  return std::round(static_cast<double>(count) / static_cast<double>(to_us - from_us) * 1e6);
}

std::int64_t megabytes_of(const bench_node& node) {
  return memory_bytes_of(node.process()) >> 20;
}

/// The most that the node takes within the next while.
std::int64_t most_megabytes(const bench_node& node, std::int64_t span_s) {
  std::int64_t most = 0;
  for (const auto end_us = now_us() + span_s * 1'000'000; now_us() < end_us;
       std::this_thread::sleep_for(duration{100}))
    most = std::max(most, megabytes_of(node));
  return most;
}

/// When the last task beyond the usual ones began.
std::int64_t end_of_work(const std::vector<run_record>& records, std::int64_t at_least_us) {
  auto last_us = at_least_us;
  for (const auto& record : records)
    if (is_beyond(record))
      last_us = std::max(last_us, record.start_us);
  return last_us;
}

void put_phases(figures& found, const std::vector<run_record>& records, std::int64_t begin_us,
                std::int64_t spike_us) {
  const auto over_us = spike_us + spike_s * 1'000'000;
  const auto worked_off_us = end_of_work(records, over_us);
  found["worked_off_s"] = static_cast<double>((worked_off_us - over_us) / 10'000) / 100;
  found["tasks_per_s"] = runs_per_s(records, spike_us + 1'000'000, worked_off_us);
  const std::array phases{
      phase{"before", begin_us + 1'000'000, spike_us}, phase{"spike", spike_us, over_us},
      phase{"backlog", over_us, worked_off_us}, phase{"after", worked_off_us, now_us()}};
  for (const auto& interval : phases) {
    const std::string name = interval.name;
    put_wait(found, name + "_high", records, interval, is_high);
    put_wait(found, name + "_normal", records, interval, is_normal);
    put_wait(found, name + "_low", records, interval, is_beyond);
  }
}

} // namespace

figures run_spike(const bench_options& options) {
  bench_node node{options};
  auto slow = options;
  slow.run_us = run_us;
  const auto capacity = options.slots * options.workers * 1'000'000 / run_us;
  const auto usual = capacity * usual_percent / 100;
  measured_run run{node, slow};
  run.start_workers();
  running_producer steady{node,
                          {"--count", std::to_string(usual * usual_s), "--pace",
                           std::to_string(usual), "--high-every", std::to_string(high_every)}};
  running_producer beyond{node,
                          {"--count", std::to_string(capacity * 10 * spike_s), "--pace",
                           std::to_string(capacity * 10), "--limit-ms",
                           std::to_string(spike_s * 1'000), "--first", std::to_string(first_beyond),
                           "--priority", "-1"}};
  const auto begin_us = now_us();
  steady.go();
  figures found;
  found["capacity_per_s"] = capacity;
  found["before_mib"] = most_megabytes(node, before_s);
  const auto spike_us = now_us();
  beyond.go();
  found["spike_mib"] = most_megabytes(node, spike_s * 2);
  beyond.finish();
  steady.finish();
  found["after_mib"] = megabytes_of(node);
  if (!node.wait_until_empty(poll_timeout_ms))
    die("tasks are left in the node");
  run.finish();

  found["spike_n"] = std::count_if(run.records.begin(), run.records.end(), is_beyond);
  put_phases(found, run.records, begin_us, spike_us);
  found["n"] = usual * usual_s + found["spike_n"].get<std::int64_t>();
  put_losses(found, run.records, found["n"]);
  put_cpu(found, run);
  return found;
}

} // namespace belfry::bench
