// belfry-demo: a node and its workers at real work, killed in the middle; then the proof that every
// task that was accepted ended as it should.
#include "demo/acknowledgement_log.hpp"
#include "demo/demo_cluster.hpp"
#include "demo/demonstration.hpp"
#include "demo/plan.hpp"
#include "demo/verification.hpp"
#include "driver/machine.hpp"
#include "driver/payload.hpp"

#include "os/stop_signals.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

using namespace belfry;
using namespace belfry::demo;

namespace {

struct demo_options {
  std::size_t files = 3'000;
  std::uint32_t workers = 3;
  std::uint32_t slots = 0; ///< 0: as the kind of work asks
  std::int64_t limit_s = 900;
  replay trace{.file = {}, .speedup = 0, .rows_max = 20'000};
  bool is_kept = false;

  [[nodiscard]] bool is_replay() const { return !trace.file.empty(); }
};

struct role {
  node_address node;
  std::uint32_t slots = 1;
  std::string directory;
};

std::vector<planned_task> make_plan(const demo_options& options, const std::string& directory) {
  if (!options.is_replay())
    return plan_files(options.files, directory);
  const auto start = instant_of_ms(bench::now_us() / 1000) + duration{2'000};
  auto plan = plan_trace(options.trace, start);
  if (!plan)
    bench::die(plan.error().what);
  return std::move(*plan);
}

std::unique_ptr<client> connect(const node_address& address) {
  auto connected = client::connect(address.host, address.port);
  if (!connected)
    bench::die(connected.error().what);
  return std::move(*connected);
}

void require(const result<done>& outcome) {
  if (!outcome)
    bench::die(outcome.error().what);
}

void print_summary(const demo_cluster& nodes, const bench::temporary_directory& place,
                   double seconds) {
  std::cout << "\nThe node was killed and started again " << nodes.nodes_replaced()
            << " times, workers " << nodes.workers_replaced() << " times; it took "
            << static_cast<int>(seconds) << " s.\n";
  if (std::getenv("BENCH_KEEP"))
    std::cout << "Everything is kept in " << place.path() << "\n";
}

int demonstrate(const demo_options& options) {
  const bench::temporary_directory place;
  // A secret of these processes: they reach no other node of the user, and nobody else reaches
  // them.
  ::setenv("BELFRY_HOME", (place.path() + "/home").c_str(), 1);
  const auto copies = place.path() + "/copies";
  const auto cron_files = place.path() + "/cron";
  std::filesystem::create_directories(copies);
  std::filesystem::create_directories(cron_files);
  const auto begin_us = bench::now_us();
  const auto slots = options.slots > 0 ? options.slots : options.is_replay() ? 64U : 4U;
  demo_cluster nodes{{.directory = place.path(), .workers = options.workers, .slots = slots}};
  const auto node = connect(nodes.address());
  const auto plan = make_plan(options, copies);
  std::cerr << plan.size() << " tasks for a node and " << options.workers << " workers with "
            << slots << " slots each, in " << place.path() << "\n";
  acknowledgement_log acknowledged{place.path() + "/accepted"};
  demonstration course{nodes, *node, plan, acknowledged};
  std::atomic<bool> is_interrupted{false};
  const stop_signals signals{[&] {
    is_interrupted = true;
    course.stop();
  }};
  const auto schedule = plan_schedule(cron_files);
  if (!options.is_replay())
    require(node->schedules().put(schedule));
  const std::chrono::seconds limit{options.limit_s};
  const auto is_settled = course.run(options.is_replay() ? 1.0 : 0.7, limit);
  if (is_interrupted)
    return 130;
  if (!options.is_replay()) {
    require(node->schedules().remove(schedule.name));
    course.wait_for_queue("cron", std::chrono::seconds{30});
  }
  verification found{*node, plan, acknowledged};
  if (!options.is_replay())
    found.check_schedule(*node, cron_files);
  print_summary(nodes, place, static_cast<double>(bench::now_us() - begin_us) / 1e6);
  found.print(std::cout);
  if (!is_settled)
    std::cout << "WRONG: not all was settled within " << options.limit_s << " s\n";
  const auto is_good = is_settled && found.is_complete();
  std::cout << (is_good ? "Every accepted task ended as it should.\n" : "NOT PROVED.\n");
  return is_good ? 0 : 1;
}

void add_options(CLI::App& app, demo_options& options) {
  app.add_option("--files", options.files, "How many files to compress (default 3000)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--workers", options.workers, "Worker processes (default 3)")
      ->check(CLI::Range(1, 100));
  app.add_option("--slots", options.slots, "Of each worker (default 4; 64 with --trace)")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--trace", options.trace.file,
                 "Replay this trace instead: CSV with submit_time_s, task_type, tenant, "
                 "run_time_s, status")
      ->check(CLI::ExistingFile);
  app.add_option("--speedup", options.trace.speedup,
                 "How much faster than it happened (default: in half a minute)")
      ->check(CLI::PositiveNumber);
  app.add_option("--rows", options.trace.rows_max, "Of the trace, at most (default 20000)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--limit", options.limit_s, "Give up after so many seconds (default 900)");
  app.add_flag("--keep", options.is_kept, "Leave the directory with data, logs and results");
}

/// The subcommands are how the demonstration starts its processes.
void add_roles(CLI::App& app, role& options) {
  auto* node = app.add_subcommand("node")->group("");
  node->add_option("--data", options.directory)->required();
  node->add_option("--host", options.node.host)->required();
  node->add_option("--port", options.node.port);
  auto* worker = app.add_subcommand("worker")->group("");
  worker->add_option("--host", options.node.host)->required();
  worker->add_option("--port", options.node.port)->required();
  worker->add_option("--slots", options.slots);
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"A node and its workers at real work, killed in the middle; then the proof that "
               "every accepted task ended as it should.",
               "belfry-demo"};
  demo_options options;
  role part;
  add_options(app, options);
  add_roles(app, part);
  app.require_subcommand(0, 1);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("node"))
    return run_node_process(part.directory, part.node);
  if (app.got_subcommand("worker"))
    return run_worker_process(part.node, part.slots);
  if (options.is_kept)
    ::setenv("BENCH_KEEP", "1", 1);
  return demonstrate(options);
}
