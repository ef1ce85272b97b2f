#include "cli/shrink.hpp"
#include "cli/summary.hpp"
#include "os/system_clock.hpp"
#include "text/delimited.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/details/os.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace belfry;
using namespace belfry::sim;

constexpr const char* no_faults = "none";

struct sim_arguments {
  std::uint64_t seed = 1;
  std::uint64_t runs = 1;
  double minutes = 1;
  std::uint32_t servers = 0;
  std::uint32_t workers = 0;
  std::uint32_t slots = 0;
  double rate = 0;
  std::string scenario = "swarm";
  std::vector<std::string> faults;    // Empty: drawn by the scenario.
  std::vector<std::string> workloads; // The same.
  bool is_traced = false;
  bool is_shrunk = false;
  bool is_thorough = false;
  bool is_hashed = false;
  bool stops_at_failure = false; // At the first failure.
  bool is_twice = false;         // Every run.
  std::string replayed_file;
  std::size_t rows_max = 10'000;
  std::shared_ptr<const std::vector<workload_row>> replayed;
};

scenario_options options_of(const sim_arguments& arguments, std::uint64_t seed) {
  scenario_options options;
  options.seed = seed;
  options.name = arguments.scenario;
  options.length = std::chrono::milliseconds{static_cast<std::int64_t>(arguments.minutes * 60'000)};
  if (arguments.servers > 0)
    options.servers = arguments.servers;
  if (arguments.workers > 0)
    options.workers = arguments.workers;
  if (arguments.slots > 0)
    options.slots = arguments.slots;
  options.rate = arguments.rate;
  options.replayed = arguments.replayed;
  if (arguments.is_traced)
    options.printer = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
  if (arguments.faults.empty() && arguments.workloads.empty())
    return options;
  prng random{seed};
  options.plan = draw_run_plan(arguments.scenario, random);
  if (arguments.faults == std::vector<std::string>{no_faults})
    options.plan->faults.clear();
  else if (!arguments.faults.empty())
    options.plan->faults = arguments.faults;
  if (!arguments.workloads.empty())
    options.plan->workloads = arguments.workloads;
  return options;
}

std::string list_of(const std::vector<std::string>& names) {
  auto text = join(names, ",");
  return text.empty() ? no_faults : text;
}

/// The shortest command that repeats the run.
std::string command_of(const sim_arguments& arguments, const scenario_options& options) {
  const scenario_options usual;
  auto command = "belfry-sim --seed " + std::to_string(options.seed);
  if (options.name != usual.name && !options.plan)
    command += " --scenario " + options.name;
  if (options.plan)
    command += " --faults " + list_of(options.plan->faults) + " --workloads " +
               list_of(options.plan->workloads);
  if (options.length != usual.length) {
    char text[32];
    std::snprintf(text, sizeof text, " --minutes %.10g",
                  static_cast<double>(options.length.count()) / 60'000);
    command += text;
  }
  if (options.servers)
    command += " --servers " + std::to_string(*options.servers);
  if (options.workers)
    command += " --workers " + std::to_string(*options.workers);
  if (options.slots)
    command += " --slots " + std::to_string(*options.slots);
  if (options.replayed)
    command +=
        " --replay " + arguments.replayed_file + " --rows " + std::to_string(arguments.rows_max);
  if (options.rate > 0) {
    char text[32];
    std::snprintf(text, sizeof text, " --rate %.10g", options.rate);
    command += text;
  }
  return command;
}

void print_failure(const sim_arguments& arguments, const scenario_options& options,
                   const run_report& report) {
  constexpr std::size_t shown_max = 10;
  std::printf("\nFAILED seed %" PRIu64 "\n", options.seed);
  for (std::size_t i = 0; i < report.violations.size() && i < shown_max; ++i)
    std::printf("  %s\n", report.violations[i].c_str());
  if (report.violations.size() > shown_max)
    std::printf("  and %zu more\n", report.violations.size() - shown_max);
  std::printf("the latest events:\n");
  for (const auto& line : report.latest)
    std::printf("  %s\n", line.c_str());
  std::printf("repeat it with:  %s --trace\n", command_of(arguments, options).c_str());
}

void print_smaller(const sim_arguments& arguments, const scenario_options& options,
                   const run_report& report) {
  const bool is_terminal = spdlog::details::os::in_terminal(stderr);
  const auto small = shrink(options, report, [&](const shrunk_run& best) {
    if (is_terminal)
      std::fprintf(stderr, "\rshrinking: %u runs, %lld ms, %zu faults, %zu workloads ", best.tries,
                   static_cast<long long>(best.options.length.count()),
                   best.options.plan->faults.size(), best.options.plan->workloads.size());
  });
  std::printf("shrunk in %u runs to:  %s --trace\n", small.tries,
              command_of(arguments, small.options).c_str());
  std::printf("  %s\n", small.report.violations.front().c_str());
}

int run_all(const sim_arguments& arguments) {
  const bool is_terminal = spdlog::details::os::in_terminal(stderr);
  const system_clock real_clock;
  const auto started_at = real_clock.now();
  summary total;
  for (std::uint64_t i = 0; i < arguments.runs; ++i) {
    auto options = options_of(arguments, arguments.seed + i);
    options.on_workload_end = [&, run_started = real_clock.now()] {
      total.add_work(options.length, real_clock.now() - run_started);
    };
    auto report = run_scenario(options);
    options.on_workload_end = {}; // Repeated runs are not counted.
    if (arguments.is_twice && run_scenario(options).fingerprint != report.fingerprint)
      report.violations.emplace_back("determinism: a second run of the seed had a different hash");
    total.add(report);
    if (!report.ok()) {
      print_failure(arguments, options, report);
      if (arguments.is_shrunk)
        print_smaller(arguments, options, report);
    }
    if (is_terminal && arguments.runs > 1)
      std::fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " runs, %" PRIu64 " failed ", i + 1,
                   arguments.runs, total.failed());
    if (arguments.runs == 1)
      std::printf("hash=%016" PRIx64 "\n", report.fingerprint);
    else if (arguments.is_hashed)
      std::printf("seed=%" PRIu64 " hash=%016" PRIx64 "\n", options.seed, report.fingerprint);
    std::fflush(stdout);
    if (arguments.stops_at_failure && !report.ok())
      break;
  }
  total.print(real_clock.now() - started_at);
  if (arguments.is_thorough && !total.uncovered().empty()) {
    std::printf("\nFAILED: %zu coverage probes were never hit\n", total.uncovered().size());
    return 1;
  }
  return total.failed() == 0 ? 0 : 1;
}

/// Reads the rows to be replayed, if any. Returns whether that succeeded.
bool read_rows(sim_arguments& arguments) {
  if (arguments.replayed_file.empty())
    return true;
  auto rows = read_workload(arguments.replayed_file, arguments.rows_max);
  if (!rows) {
    std::fprintf(stderr, "belfry-sim: %s\n", rows.error().what.c_str());
    return false;
  }
  arguments.replayed = std::make_shared<const std::vector<workload_row>>(std::move(*rows));
  return true;
}

/// Adds the options for the size of the cluster.
void add_sizes(CLI::App& app, sim_arguments& arguments) {
  app.add_option("--servers", arguments.servers,
                 "server nodes; several share one storage; 0: drawn from the seed by the scenario")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  app.add_option("--workers,--nodes", arguments.workers, "worker nodes; 0: drawn from the seed")
      ->capture_default_str()
      ->check(CLI::Range(0, 20));
  app.add_option("--slots", arguments.slots, "slots of each worker; 0: drawn from the seed")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000));
}

} // namespace

int main(int argc, char** argv) {
  sim_arguments arguments;
  CLI::App app{"Runs a whole belfry cluster in one thread and virtual time, injects faults drawn\n"
               "from the seed, and checks all invariants. The same seed always gives the same run\n"
               "and prints the same hash. Exit code 1: an invariant was violated; 2: invalid\n"
               "arguments."};
  app.add_option("--seed", arguments.seed, "seed of the first run; each further run adds one")
      ->capture_default_str();
  app.add_option("--runs", arguments.runs, "number of runs")->capture_default_str();
  app.add_option("--minutes", arguments.minutes,
                 "virtual minutes of workloads and faults, before all faults are healed")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 600.0));
  add_sizes(app, arguments);
  app.add_option("--rate", arguments.rate,
                 "calls per second of each workload; 0: each has its own rate")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100'000.0));
  app.add_option("--scenario", arguments.scenario, "the set of workloads and faults")
      ->capture_default_str()
      ->check(CLI::IsMember(scenario_names()));
  auto faults = fault_names();
  faults.emplace_back(no_faults);
  app.add_option("--faults", arguments.faults,
                 "faults instead of those of the scenario, comma-separated, or none")
      ->delimiter(',')
      ->check(CLI::IsMember(faults));
  app.add_option("--workloads", arguments.workloads,
                 "workloads instead of those of the scenario, comma-separated")
      ->delimiter(',')
      ->check(CLI::IsMember(workload_names()));
  app.add_flag("--trace", arguments.is_traced, "print every event");
  app.add_flag("--shrink", arguments.is_shrunk,
               "reduce a failed run to a smaller one that violates the same invariant");
  app.add_option("--replay", arguments.replayed_file,
                 "a CSV file of recorded tasks to replay instead of the workloads: columns\n"
                 "submit_time_s, task_type, tenant, run_time_s, status");
  app.add_option("--rows", arguments.rows_max, "number of rows to read from the file")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  app.add_flag("--stop", arguments.stops_at_failure, "stop at the first failed run");
  app.add_flag("--hashes", arguments.is_hashed, "print the hash of every run");
  app.add_flag("--twice", arguments.is_twice, "do every run twice and compare the hashes");
  app.add_flag("--thorough", arguments.is_thorough,
               "fail as well if no run hits some coverage probe");
  CLI11_PARSE(app, argc, argv);
  return read_rows(arguments) ? run_all(arguments) : 2;
}
