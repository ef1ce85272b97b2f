#include "measured_run.hpp"

#include "bench_security.hpp"
#include "roles.hpp"

#include "os/postgres/postgres_connection.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <thread>

namespace belfry::bench {

namespace {

constexpr std::int64_t start_ms_max = 180'000;

void pause_ms(std::int64_t ms) {
  std::this_thread::sleep_for(duration{ms});
}

std::vector<run_record> read_records(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::vector<run_record> records;
  for (run_record record; file.read(reinterpret_cast<char*>(&record), sizeof record);)
    records.push_back(record);
  return records;
}

} // namespace

bench_node::bench_node(const bench_options& options) : options_(options) {
  if (!options.store.empty())
    empty_store();
  launch();
  auto connected = client::connect({{"127.0.0.1", port_}}, bench_security());
  if (!connected)
    die(connected.error().what);
  client_ = std::move(*connected);
  queue_change change;
  change.queue = "default";
  change.level = options.level;
  if (const auto set = client_->queues().set(change); !set)
    die(set.error().what);
}

/// Of what the run before left.
void bench_node::empty_store() const {
  const auto session = postgres_connection::open(options_.store, duration{60'000});
  if (!session)
    die(session.error().what);
  const auto sql = std::string{"DROP SCHEMA IF EXISTS "} + bench_cluster + " CASCADE";
  if (const auto dropped = (*session)->run_script(sql); !dropped.ok())
    die(dropped.error->text);
}

void bench_node::launch() {
  std::vector<std::string> words{"node",
                                 "--port",
                                 std::to_string(port_),
                                 "--shards",
                                 std::to_string(options_.shards),
                                 "--open-tasks-max",
                                 std::to_string(options_.open_max)};
  const bool is_stored = !options_.store.empty();
  words.insert(words.end(),
               {is_stored ? "--store" : "--data", is_stored ? options_.store : data_directory()});
  process_ = std::make_unique<child>(words, log());
  port_ = static_cast<std::uint16_t>(std::stoi(process_->expect_line(start_ms_max)));
}

std::optional<std::int64_t> bench_node::count_open() {
  const auto queues = client_->queues().list(duration{2'000});
  if (!queues)
    return std::nullopt;
  std::int64_t open = 0;
  for (const auto& queue : *queues)
    open += static_cast<std::int64_t>(queue.counts.open());
  return open;
}

std::optional<std::int64_t> bench_node::wait_until_empty(std::int64_t timeout_ms) {
  const auto end_us = now_us() + timeout_ms * 1000;
  while (now_us() < end_us) {
    const auto open = count_open();
    const auto seen_us = now_us();
    if (open == 0)
      return seen_us;
    pause_ms(1);
  }
  return std::nullopt;
}

void bench_node::kill() {
  process_->kill();
}

void bench_node::restart() {
  launch();
}

measured_run::measured_run(bench_node& node, const bench_options& options)
    : node_(node), options_(options), node_cpu_before_(cpu_seconds_of(node.process())),
      machine_cpu_before_(cpu_seconds_of_machine()), begin_us_(now_us()) {}

std::int64_t measured_run::start_workers() {
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    record_files_.push_back(node_.directory() + "/records-" + std::to_string(now_us()));
    std::vector<std::string> words{"work",
                                   "--port",
                                   std::to_string(node_.port()),
                                   "--slots",
                                   std::to_string(options_.slots),
                                   "--run-us",
                                   std::to_string(options_.run_us),
                                   "--fail-every",
                                   std::to_string(options_.fail_every),
                                   "--records",
                                   record_files_.back()};
    if (options_.prefetch)
      words.insert(words.end(), {"--prefetch", std::to_string(*options_.prefetch)});
    workers_.push_back(std::make_unique<child>(words, node_.log()));
  }
  for (auto& worker : workers_)
    worker->expect_line(30'000);
  for (const auto end_us = now_us() + 30'000'000; now_us() < end_us; pause_ms(2)) {
    const auto status = node_.control_client().cluster().status();
    if (!status)
      continue;
    std::uint32_t connected = 0;
    for (const auto& worker : status->workers)
      connected += worker.is_connected ? 1 : 0;
    if (connected >= options_.workers)
      return now_us();
  }
  die("the workers were not attached");
}

producer_report measured_run::run_producer(const std::vector<std::string>& arguments,
                                           std::int64_t timeout_ms) {
  std::vector<std::string> words{"produce",
                                 "--port",
                                 std::to_string(node_.port()),
                                 "--queues",
                                 std::to_string(options_.queues),
                                 "--fail-every",
                                 std::to_string(options_.fail_every)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  child producer{words, node_.log()};
  producer.expect_line(30'000);
  producer.write_line("go");
  const auto report = nlohmann::json::parse(producer.expect_line(timeout_ms));
  producer.finish(30'000);
  producer_cpu_seconds += producer.cpu_seconds();
  return {report.at("n"), report.at("start_us"), report.at("end_us"), report.at("t0_us")};
}

void measured_run::wait_until_run(std::int64_t n, std::int64_t timeout_ms) {
  const auto end_us = now_us() + timeout_ms * 1000;
  for (std::int64_t count = 0; now_us() < end_us; pause_ms(5)) {
    count = 0;
    for (auto& worker : workers_) {
      worker->write_line("count");
      count += std::stoll(worker->expect_line(10'000));
    }
    if (count >= n)
      return;
  }
}

void measured_run::finish() {
  for (auto& worker : workers_)
    worker->close_input();
  for (auto& worker : workers_) {
    if (!worker->finish(60'000))
      die("a worker failed");
    worker_cpu_seconds += worker->cpu_seconds();
  }
  for (const auto& path : record_files_) {
    const auto some = read_records(path);
    records.insert(records.end(), some.begin(), some.end());
  }
  node_cpu_seconds = cpu_seconds_of(node_.process()) - node_cpu_before_;
  const auto machine = cpu_seconds_of_machine() - machine_cpu_before_;
  const auto ours = node_cpu_seconds + worker_cpu_seconds + producer_cpu_seconds;
  other_cores = std::max(0.0, machine - ours) / (static_cast<double>(now_us() - begin_us_) / 1e6);
}

} // namespace belfry::bench
