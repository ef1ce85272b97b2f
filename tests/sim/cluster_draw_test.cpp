#include "scenario/cluster_draw.hpp"

#include "scenario/spike_plan.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;

namespace {

cluster_options drawn(std::uint64_t seed, const scenario_options& options, const run_plan& plan) {
  prng random{seed};
  return draw_cluster(options, plan, random);
}

} // namespace

TEST_CASE("a given size of a cluster changes no other draw", "[cluster_draw]") {
  scenario_options options;
  options.seed = 3;
  const auto free = drawn(3, options, {});
  options.workers = free.workers;
  options.slots = free.slots + 1;
  const auto given = drawn(3, options, {});

  CHECK(given.workers == free.workers);
  CHECK(given.slots == free.slots + 1);
  CHECK(given.shards == free.shards);
  CHECK(given.start_time == free.start_time);
  CHECK(given.per_shard_limits.journal_bytes_max == free.per_shard_limits.journal_bytes_max);
  CHECK(given.missing_kinds == free.missing_kinds);
}

TEST_CASE("a clustered scenario has several servers, any other has one", "[cluster_draw]") {
  scenario_options options;
  CHECK(drawn(1, options, {}).servers == 1);
  options.name = "cluster";
  CHECK(drawn(1, options, {}).servers > 1);
}

TEST_CASE("a spike exceeds the limits of the cluster that is drawn for it", "[cluster_draw]") {
  scenario_options options;
  options.name = "spike";
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto cluster = drawn(seed, options, {.faults = {}, .workloads = {"spike"}});
    const auto capacity = spike_plan::capacity_of(cluster.workers * cluster.slots);
    const std::chrono::duration<double> span = spike_plan::spike_end - spike_plan::spike_start;
    const auto excess = capacity * (spike_plan::spike_load - 1) * span.count();
    CHECK(static_cast<double>(cluster.admission_limits.open_tasks_max) * cluster.shards < excess);
  }
}
