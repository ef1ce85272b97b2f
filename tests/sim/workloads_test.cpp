#include "workloads/workload.hpp"

#include "scenario/cluster.hpp"
#include "task/validate.hpp"
#include "workloads/drawn_task.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

TEST_CASE("every workload has a name of its own and acts now and then", "[workloads]") {
  std::set<std::string> names;
  for (const auto& one : all_workloads()) {
    INFO(one->name());
    CHECK(names.insert(one->name()).second);
    CHECK(one->mean_interval() > 0s);
  }
}

TEST_CASE("a drawn task can be submitted", "[workloads]") {
  prng random{3};
  for (int i = 0; i < 100; ++i)
    CHECK(check(draw_plain_task(random).spec, submit_limits{}, world_begin).ok());
}

TEST_CASE("every workload gives the cluster something to do", "[workloads]") {
  for (const auto& one : all_workloads()) {
    INFO(one->name());
    cluster_options options;
    options.kinds = drawn_kinds();
    options.thundering_herd = 100;
    cluster target{options};
    prng random{3};
    target.sim_world().run_for(1s);
    const auto before = target.sim_world().network().packets();

    for (int i = 0; i < 3; ++i)
      one->generate(target, random);
    target.sim_world().run_for(100ms);

    CHECK(target.sim_world().network().packets() > before + 2);
  }
}
