#include "scenario/scenario.hpp"

#include <catch2/catch.hpp>

using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

run_report check_invariants(const scenario_options& options) {
  auto report = run_scenario(options);
  INFO("scenario " << options.name << ", seed " << options.seed);
  CHECK(report.violations == std::vector<std::string>{});
  return report;
}

/// Runs some seeds and expects all invariants to hold, with enough tasks and faults to be
/// significant.
void run_seeds(const std::string& name, std::uint64_t first, std::uint64_t count) {
  run_counts sum;
  for (auto seed = first; seed < first + count; ++seed) {
    scenario_options options;
    options.seed = seed;
    options.name = name;
    options.length = 40s;
    const auto counts = check_invariants(options).counts;
    sum.accepted += counts.accepted;
    sum.started += counts.started;
    sum.faults += counts.faults;
    sum.changed += counts.changed;
  }
  const bool is_all_scheduled = name == "cron";
  CHECK((sum.accepted > 50 * count || is_all_scheduled));
  CHECK(sum.started > (is_all_scheduled ? 10 : 50) * count);
  CHECK((sum.faults > count || name == "calm" || name == "spike"));
  CHECK((sum.changed > 20 * count || name != "changes"));
}

/// The plan that the seed drew when it found its bug: later, seeds draw changes of what waits, too.
run_plan without_changes(const std::string& name, std::uint64_t seed) {
  belfry::prng random{seed};
  auto plan = draw_run_plan(name, random);
  std::erase(plan.workloads, "changes");
  std::erase(plan.workloads, "schedule_changes");
  return plan;
}

} // namespace

/// Each seed found a bug, described here as it was.
TEST_CASE("no seed that found a bug fails again", "[scenario]") {
  struct regression {
    const char* bug;
    const char* name;
    std::uint64_t seed;
  };
  constexpr regression regressions[] = {
      {"a grant to a lost worker counted as a crash", "swarm", 192},
      {"a grant that waited for the disk beyond its lease counted as a crash", "swarm", 320},
      {"a repeated batch held its capacity forever", "swarm", 943},
      {"an interrupted run of a schedule lost its nominal time", "swarm", 301454},
      {"a repeated batch was accepted again when the clock had been set forward", "swarm", 102015},
      {"a clock set forward ended every lease of a shard that woke itself", "swarm", 610009},
      {"a snapshot held a change that the journal after it repeated", "actors", 278},
      {"a worker lost its credit with a shard that left its node", "cluster", 100003},
      {"two maps of one instant sent a client back and forth endlessly", "cluster", 105196},
      {"a message from before a connection broke returned a live run", "cluster", 110044},
      {"a worker that stalled while it attached started a reassigned run", "cluster", 111618},
      {"a worker relied on a lease that its shard had not renewed", "cluster", 134571},
      {"a worker relied on heartbeats that a blocked connection held back", "cluster", 140298},
  };
  for (const auto& regression_seed : regressions) {
    INFO(regression_seed.bug);
    scenario_options options;
    options.seed = regression_seed.seed;
    options.name = regression_seed.name;
    options.plan = without_changes(options.name, options.seed);
    check_invariants(options);
  }
}

TEST_CASE("invariants hold without faults", "[scenario]") {
  run_seeds("calm", 1, 3);
}

TEST_CASE("invariants hold when processes and actors crash", "[scenario]") {
  run_seeds("crashes", 1, 5);
}

TEST_CASE("invariants hold when workers stop and processes crash", "[scenario]") {
  run_seeds("stops", 1, 5);
}

TEST_CASE("while workers stop and nothing fails, every run reads what the run before it saved",
          "[scenario]") {
  std::uint64_t broken_off = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    scenario_options options;
    options.seed = seed;
    options.length = 60s;
    options.plan = run_plan{{"worker_stop"}, {"long_and_short", "steady"}};
    const auto coverage = check_invariants(options).coverage;
    broken_off += coverage.at("a run gives itself back because its worker stops");
  }
  CHECK(broken_off > 0);
}

TEST_CASE("invariants hold when single actors end", "[scenario]") {
  run_seeds("actors", 1, 5);
}

TEST_CASE("invariants hold when connections break", "[scenario]") {
  run_seeds("network", 1, 5);
}

TEST_CASE("invariants hold when the disk fails", "[scenario]") {
  run_seeds("disk", 1, 5);
}

TEST_CASE("invariants hold when processes stall or are slow", "[scenario]") {
  run_seeds("freezes", 1, 5);
}

TEST_CASE("invariants hold when the clock is set wrong", "[scenario]") {
  run_seeds("clocks", 1, 5);
}

TEST_CASE("invariants hold when a disk is restored from a backup or lost", "[scenario]") {
  run_seeds("restored", 1, 5);
}

TEST_CASE("invariants hold when schedules run through crashes", "[scenario]") {
  run_seeds("cron", 1, 5);
}

TEST_CASE("invariants hold when users change what waits through crashes", "[scenario]") {
  run_seeds("changes", 1, 5);
}

TEST_CASE("invariants hold when users change what waits in a cluster whose nodes fail",
          "[scenario]") {
  std::uint64_t changed = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    scenario_options options;
    options.seed = seed;
    options.name = "cluster";
    options.length = 40s;
    options.plan = without_changes(options.name, seed);
    options.plan->workloads = {"changes", "schedule_changes", "pauses"};
    changed += check_invariants(options).counts.changed;
  }
  CHECK(changed > 60);
}

TEST_CASE("invariants hold under bursts and cancel storms", "[scenario]") {
  run_seeds("load", 1, 3);
}

TEST_CASE("invariants hold when the load is ten times the capacity", "[scenario]") {
  run_seeds("spike", 1, 2);
}

TEST_CASE("invariants hold when shards are rebalanced without faults", "[scenario]") {
  run_seeds("moves", 1, 4);
}

TEST_CASE("invariants hold when nodes of a cluster fail", "[scenario]") {
  run_seeds("cluster", 1, 8);
}

TEST_CASE("invariants hold when outboxes accept tasks for unavailable shards", "[scenario]") {
  run_seeds("outbox", 1, 4);
}

TEST_CASE("invariants hold under any combination of faults", "[scenario]") {
  run_seeds("swarm", 1, 10);
}
