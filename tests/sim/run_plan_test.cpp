#include "scenario/run_plan.hpp"

#include "random/hash.hpp"
#include "scenario/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

TEST_CASE("a run is the same when the plan that its seed drew is given", "[run_plan]") {
  scenario_options options;
  options.seed = 11;
  options.length = 20s;
  const auto drawn = run_scenario(options);

  options.plan = drawn.plan;
  options.workers = drawn.workers;
  const auto given = run_scenario(options);

  CHECK(given.fingerprint == drawn.fingerprint);
}

TEST_CASE("a run of a cluster is the same when its size is given, too", "[run_plan]") {
  scenario_options options;
  options.seed = 3;
  options.name = "cluster";
  options.length = 10s;
  const auto drawn = run_scenario(options);
  CHECK(drawn.servers > 1);

  options.name = "swarm"; // As a shrunk run is repeated.
  options.plan = drawn.plan;
  options.servers = drawn.servers;
  options.workers = drawn.workers;
  CHECK(run_scenario(options).fingerprint == drawn.fingerprint);
}

TEST_CASE("every scenario names known faults and workloads", "[run_plan]") {
  prng random{1};
  for (const auto& name : scenario_names()) {
    INFO(name);
    const auto plan = draw_run_plan(name, random);
    CHECK(faults_of(plan, 1).size() == plan.faults.size());
    CHECK(workloads_of(plan, 1).size() == plan.workloads.size());
    CHECK_FALSE(plan.workloads.empty());
  }
}

TEST_CASE("some seeds of the swarm and of the cluster change what waits, others do not",
          "[run_plan]") {
  for (const auto* scenario : {"swarm", "cluster"})
    for (const auto* workload : {"changes", "schedule_changes"}) {
      INFO(scenario << ", " << workload);
      std::int64_t with = 0;
      for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        prng random{seed};
        const auto workloads = draw_run_plan(scenario, random).workloads;
        with += std::count(workloads.begin(), workloads.end(), workload);
      }
      CHECK(with > 10);
      CHECK(with < 40);
    }
}

TEST_CASE("what a workload draws does not depend on other workloads", "[run_plan]") {
  auto alone = workloads_of({.faults = {}, .workloads = {"steady"}}, 7);
  auto among_others = workloads_of({.faults = {}, .workloads = workload_names()}, 7);

  const auto same =
      std::find_if(among_others.begin(), among_others.end(),
                   [](const auto& candidate) { return candidate.instance->name() == "steady"; });
  REQUIRE(same != among_others.end());
  CHECK(alone.front().random.next() == same->random.next());
  CHECK(among_others.front().random.next() != among_others.back().random.next());
}

TEST_CASE("a renamed workload keeps the random stream of its first name", "[run_plan]") {
  const std::uint64_t stream = fnv1a("repeats");
  auto renamed = workloads_of({.faults = {}, .workloads = {"duplicate_submissions"}}, 7);
  CHECK(renamed.front().random.next() == prng{prng{7 ^ stream}.next()}.next());
}
