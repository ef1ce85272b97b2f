#include "workloads/workload.hpp"

#include "scenario/cluster.hpp"
#include "task/validate.hpp"
#include "workloads/drawn_task.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

TEST_CASE("every workload has a unique name and a positive mean interval", "[workloads]") {
  std::set<std::string> names;
  for (const auto& workload : all_workloads()) {
    INFO(workload->name());
    CHECK(names.insert(workload->name()).second);
    CHECK(workload->mean_interval() > 0s);
  }
}

TEST_CASE("a drawn task can be submitted", "[workloads]") {
  prng random{3};
  for (int i = 0; i < 100; ++i)
    CHECK(check(draw_plain_task(random).spec, submit_limits{}, default_start_time).ok());
}

TEST_CASE("every workload sends requests to the cluster", "[workloads]") {
  for (const auto& workload : all_workloads()) {
    INFO(workload->name());
    cluster_options options;
    options.kinds = drawn_kinds();
    options.thundering_herd = 100;
    cluster target{options};
    prng random{3};
    target.sim_world().run_for(1s);
    const auto before = target.sim_world().network().packets();

    for (int i = 0; i < 3; ++i)
      workload->generate(target, random);
    target.sim_world().run_for(100ms);

    CHECK(target.sim_world().network().packets() > before + 2);
  }
}
