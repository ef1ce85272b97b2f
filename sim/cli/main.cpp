#include "cli/shrink.hpp"
#include "cli/summary.hpp"
#include "os/system_clock.hpp"

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

constexpr const char* nobody = "none";

struct sim_arguments {
  std::uint64_t seed = 1;
  std::uint64_t runs = 1;
  double minutes = 1;
  std::uint32_t servers = 0;
  std::uint32_t workers = 0;
  std::uint32_t slots = 0;
  double rate = 0;
  std::string scenario = "swarm";
  std::vector<std::string> faults;    // Empty: the scenario says.
  std::vector<std::string> workloads; // The same.
  bool is_traced = false;
  bool is_shrunk = false;
  bool is_thorough = false;
  bool is_hashed = false;
  bool stops = false;    // At the first failure.
  bool is_twice = false; // Every run.
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
  prng lots{seed};
  options.plan = draw_run_plan(arguments.scenario, lots);
  if (arguments.faults == std::vector<std::string>{nobody})
    options.plan->faults.clear();
  else if (!arguments.faults.empty())
    options.plan->faults = arguments.faults;
  if (!arguments.workloads.empty())
    options.plan->workloads = arguments.workloads;
  return options;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ",") + name;
  return text.empty() ? nobody : text;
}

/// The shortest command that repeats the run.
std::string command_of(const sim_arguments& arguments, const scenario_options& options) {
  const scenario_options usual;
  auto command = "belfry-sim --seed " + std::to_string(options.seed);
  if (options.name != usual.name && !options.plan)
    command += " --scenario " + options.name;
  if (options.plan)
    command += " --faults " + joined(options.plan->faults) + " --workloads " +
               joined(options.plan->workloads);
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
  std::printf("the last events:\n");
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
  std::printf("after %u runs, a smaller one:  %s --trace\n", small.tries,
              command_of(arguments, small.options).c_str());
  std::printf("  %s\n", small.report.violations.front().c_str());
}

int run_all(const sim_arguments& arguments) {
  const bool is_terminal = spdlog::details::os::in_terminal(stderr);
  const system_clock real;
  const auto begin = real.now();
  summary total;
  for (std::uint64_t i = 0; i < arguments.runs; ++i) {
    auto options = options_of(arguments, arguments.seed + i);
    options.on_workload_end = [&, started = real.now()] {
      total.add_work(options.length, real.now() - started);
    };
    auto report = run_scenario(options);
    options.on_workload_end = {}; // Whatever runs again is not counted.
    if (arguments.is_twice && run_scenario(options).fingerprint != report.fingerprint)
      report.violations.emplace_back("determinism: the same run again had another hash");
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
    if (arguments.stops && !report.ok())
      break;
  }
  total.print(real.now() - begin);
  if (arguments.is_thorough && !total.uncovered().empty()) {
    std::printf("\nFAILED: %zu situations were never reached, so nothing is known of them\n",
                total.uncovered().size());
    return 1;
  }
  return total.failed() == 0 ? 0 : 1;
}

/// Whether the rows to be replayed, if any, could be read.
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

/// How large the cluster is.
void add_sizes(CLI::App& app, sim_arguments& arguments) {
  app.add_option("--servers", arguments.servers,
                 "nodes that keep tasks, in a storage that they share if there are several; 0: as "
                 "scenario and seed say")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  app.add_option("--workers,--nodes", arguments.workers, "worker nodes; 0: as the seed says")
      ->capture_default_str()
      ->check(CLI::Range(0, 20));
  app.add_option("--slots", arguments.slots, "of each worker; 0: as the seed says")
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000));
}

} // namespace

int main(int argc, char** argv) {
  sim_arguments arguments;
  CLI::App app{
      "Runs a whole belfry cluster in one thread and virtual time, breaks it in ways that\n"
      "the seed chooses, and checks that it keeps its promises. The same seed always\n"
      "gives the same run and prints the same hash. Exit code 1: a promise was broken;\n"
      "2: the command line cannot be followed."};
  app.add_option("--seed", arguments.seed, "of the first run; the next ones count up")
      ->capture_default_str();
  app.add_option("--runs", arguments.runs, "how many runs")->capture_default_str();
  app.add_option("--minutes", arguments.minutes, "virtual minutes of work before everything heals")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 600.0));
  add_sizes(app, arguments);
  app.add_option("--rate", arguments.rate, "acts a second of each workload; 0: as each likes")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100'000.0));
  app.add_option("--scenario", arguments.scenario, "what happens and what breaks")
      ->capture_default_str()
      ->check(CLI::IsMember(scenario_names()));
  auto faults = fault_names();
  faults.emplace_back(nobody);
  app.add_option("--faults", arguments.faults, "what breaks, instead; several with commas, or none")
      ->delimiter(',')
      ->check(CLI::IsMember(faults));
  app.add_option("--workloads", arguments.workloads, "what users do, instead; several with commas")
      ->delimiter(',')
      ->check(CLI::IsMember(workload_names()));
  app.add_flag("--trace", arguments.is_traced, "print every event");
  app.add_flag("--shrink", arguments.is_shrunk,
               "look for a smaller run that breaks the same promise as one that fails");
  app.add_option("--replay", arguments.replayed_file,
                 "a CSV file of tasks that were run once, instead of the workloads: columns\n"
                 "submit_time_s, task_type, tenant, run_time_s, status");
  app.add_option("--rows", arguments.rows_max, "of the file")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  app.add_flag("--stop", arguments.stops, "at the first run that fails");
  app.add_flag("--hashes", arguments.is_hashed, "print the hash of every run");
  app.add_flag("--twice", arguments.is_twice, "make every run twice and compare the hashes");
  app.add_flag("--thorough", arguments.is_thorough,
               "fail as well if a rare situation was never reached by any run");
  CLI11_PARSE(app, argc, argv);
  return read_rows(arguments) ? run_all(arguments) : 2;
}
