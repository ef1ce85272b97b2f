#include "os/system_clock.hpp"
#include "scenario.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/details/os.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace belfry;
using namespace belfry::sim;

struct wishes {
  std::uint64_t seed = 1;
  std::uint64_t runs = 1;
  double minutes = 1;
  std::uint32_t workers = 0;
  std::string scenario = "swarm";
  bool is_traced = false;
};

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

/// The shortest command that repeats the run.
std::string command_of(const wishes& wish, std::uint64_t seed) {
  auto command = "belfry-sim --seed " + std::to_string(seed);
  if (wish.scenario != "swarm")
    command += " --scenario " + wish.scenario;
  if (wish.minutes != 1) {
    char text[32];
    std::snprintf(text, sizeof text, " --minutes %g", wish.minutes);
    command += text;
  }
  if (wish.workers > 0)
    command += " --workers " + std::to_string(wish.workers);
  return command;
}

run_report run_one(const wishes& wish, std::uint64_t seed) {
  scenario_options options;
  options.seed = seed;
  options.name = wish.scenario;
  options.length = std::chrono::milliseconds{static_cast<std::int64_t>(wish.minutes * 60'000)};
  if (wish.workers > 0)
    options.workers = wish.workers;
  if (wish.is_traced)
    options.printer = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
  return run_scenario(options);
}

void print_failure(const wishes& wish, std::uint64_t seed, const run_report& report) {
  constexpr std::size_t shown_max = 10;
  std::printf("\nFAILED seed %" PRIu64 "\n", seed);
  for (std::size_t i = 0; i < report.broken.size() && i < shown_max; ++i)
    std::printf("  %s\n", report.broken[i].c_str());
  if (report.broken.size() > shown_max)
    std::printf("  and %zu more\n", report.broken.size() - shown_max);
  std::printf("the last events:\n");
  for (const auto& line : report.latest)
    std::printf("  %s\n", line.c_str());
  std::printf("repeat it with:  %s --trace\n", command_of(wish, seed).c_str());
}

/// What several runs add up to.
class summary {
public:
  void add(const run_report& report) {
    ++runs_;
    failed_ += report.ok() ? 0 : 1;
    virtual_ += report.elapsed;
    steps_ += report.steps;
    const auto& counts = report.counts;
    sum_.offered += counts.offered;
    sum_.accepted += counts.accepted;
    sum_.duplicates += counts.duplicates;
    sum_.refused += counts.refused;
    sum_.begun += counts.begun;
    sum_.failed += counts.failed;
    sum_.crashed += counts.crashed;
    sum_.faults += counts.faults;
  }

  void print(std::chrono::nanoseconds spent) const {
    std::printf("\n%-34s %12" PRIu64 "\n", "runs", runs_);
    std::printf("%-34s %12" PRIu64 "\n", "of them failed", failed_);
    std::printf("%-34s %12" PRIu64 "\n", "tasks submitted", sum_.offered);
    std::printf("%-34s %12" PRIu64 "\n", "acknowledged", sum_.accepted);
    std::printf("%-34s %12" PRIu64 "\n", "of them duplicates by key", sum_.duplicates);
    std::printf("%-34s %12" PRIu64 "\n", "refused", sum_.refused);
    std::printf("%-34s %12" PRIu64 "\n", "handlers started", sum_.begun);
    std::printf("%-34s %12" PRIu64 "\n", "of them failed", sum_.failed);
    std::printf("%-34s %12" PRIu64 "\n", "of them died with their worker", sum_.crashed);
    std::printf("%-34s %12" PRIu64 "\n", "faults", sum_.faults);
    std::printf("%-34s %12" PRIu64 "\n", "messages handled", steps_);
    std::printf("%-34s %12.1f\n", "virtual seconds", seconds(virtual_));
    std::printf("%-34s %12.1f\n", "virtual seconds per second", seconds(virtual_) / seconds(spent));
  }

  [[nodiscard]] std::uint64_t failed() const { return failed_; }

private:
  std::uint64_t runs_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t steps_ = 0;
  world_time virtual_{};
  run_counts sum_;
};

int run_all(const wishes& wish) {
  const bool is_terminal = spdlog::details::os::in_terminal(stderr);
  const system_clock real;
  const auto begin = real.now();
  summary total;
  for (std::uint64_t i = 0; i < wish.runs; ++i) {
    const auto seed = wish.seed + i;
    const auto report = run_one(wish, seed);
    total.add(report);
    if (!report.ok())
      print_failure(wish, seed, report);
    if (is_terminal && wish.runs > 1)
      std::fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " runs, %" PRIu64 " failed ", i + 1,
                   wish.runs, total.failed());
    if (wish.runs == 1)
      std::printf("hash=%016" PRIx64 "\n", report.fingerprint);
    std::fflush(stdout);
  }
  total.print(real.now() - begin);
  return total.failed() == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  wishes wish;
  CLI::App app{
      "Runs a whole belfry cluster in one thread and virtual time, breaks it in ways that\n"
      "the seed chooses, and checks that it keeps its promises. The same seed always\n"
      "gives the same run and prints the same hash. Exit code 1: a promise was broken."};
  app.add_option("--seed", wish.seed, "of the first run; the next ones count up")
      ->capture_default_str();
  app.add_option("--runs", wish.runs, "how many runs")->capture_default_str();
  app.add_option("--minutes", wish.minutes, "virtual minutes of work before everything heals")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 600.0));
  app.add_option("--workers,--nodes", wish.workers, "worker nodes; 0: as the seed says")
      ->capture_default_str()
      ->check(CLI::Range(0, 20));
  app.add_option("--scenario", wish.scenario, "what breaks")
      ->capture_default_str()
      ->check(CLI::IsMember(scenario_names()));
  app.add_flag("--trace", wish.is_traced, "print every event");
  CLI11_PARSE(app, argc, argv);
  return run_all(wish);
}
