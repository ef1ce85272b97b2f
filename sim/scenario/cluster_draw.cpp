#include "scenario/cluster_draw.hpp"

#include "scenario/spike_plan.hpp"
#include "worker/worker_lease.hpp"
#include "workloads/drawn_task.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace belfry::sim {

namespace {

class cluster_draw {
public:
  cluster_draw(const scenario_options& options, const run_plan& plan, prng& random)
      : options_(options), plan_(plan), random_(random) {}

  cluster_options draw() {
    cluster_options options;
    options.seed = options_.seed;
    const auto workers = static_cast<std::uint32_t>(1 + random_.below(3));
    options.workers = options_.workers.value_or(workers);
    auto slots = static_cast<std::uint32_t>(1 + random_.below(8));
    // Schedules never end: with fewer slots they could starve all other tasks.
    if (has_workload("schedules") || has_workload("schedule_changes"))
      slots = std::max(slots, 4U);
    options.slots = options_.slots.value_or(slots);
    options.shards = static_cast<std::uint16_t>(1 + random_.below(5));
    draw_servers(options);
    options.kinds = drawn_kinds();
    options.start_time = draw_start_time();
    options.extra_checkers = options_.extra_checkers;
    options.per_shard_limits = draw_limits();
    for (std::uint32_t worker = 1; worker < options.workers; ++worker)
      if (random_.chance(30))
        options.missing_kinds[worker] = drawn_kinds()[random_.below(drawn_kinds().size())];
    if (has_workload("spike"))
      prepare_for_spike(options);
    if (has_workload("changes"))
      add_checker(options, [] { return changes_hold(); });
    if (has_workload("schedule_changes"))
      add_checker(options, [] { return schedules_obey(); });
    add_checker(options, [is_single = options.servers == 1] {
      return begins_told(is_single, heartbeat_interval(run_limits{}.lease));
    });
    return options;
  }

private:
  [[nodiscard]] bool has_workload(const std::string& workload) const {
    return std::count(plan_.workloads.begin(), plan_.workloads.end(), workload) > 0;
  }

  /// Enough slots for random run times to average out, and limits that the spike exceeds.
  void prepare_for_spike(cluster_options& options) {
    options.missing_kinds.clear();
    options.workers = options_.workers.value_or(std::max(options.workers, 2U));
    options.slots = options_.slots.value_or(std::max(options.slots, 4U));
    const auto capacity = spike_plan::capacity_of(options.workers * options.slots);
    const auto seconds_held = static_cast<double>(1 + random_.below(3));
    constexpr double held_min = 16;
    options.admission_limits.open_tasks_max =
        static_cast<std::size_t>(std::max(held_min, capacity * seconds_held / options.shards));
    options.batch_max = 4;
    add_checker(options,
                [begin = options.start_time, capacity] { return spike_recovers(begin, capacity); });
  }

  static void add_checker(cluster_options& options,
                          const std::function<std::unique_ptr<checker>()>& make) {
    options.extra_checkers = [given = options.extra_checkers, make] {
      auto all = given ? given() : std::vector<std::unique_ptr<checker>>{};
      all.push_back(make());
      return all;
    };
  }

  /// Uses a separate random stream, so that runs of one server do not depend on it.
  void draw_servers(cluster_options& options) const {
    prng random{options_.seed ^ 0x5E12'7E12ULL};
    const auto several = static_cast<std::uint32_t>(2 + random.below(4));
    const auto more_shards = static_cast<std::uint16_t>(random.below(12));
    options.servers = options_.servers.value_or(is_clustered(options_.name) ? several : 1);
    if (options.servers > 1)
      options.shards = static_cast<std::uint16_t>(options.shards + more_shards);
  }

  /// The default limits, or limits so low that the run reaches them.
  shard_limits draw_limits() {
    shard_limits limits;
    limits.settled_kept_max = 10'000'000; // All tasks are queried in the end.
    if (random_.chance(40)) {
      const auto power = random_.below(7);
      limits.journal_bytes_max = std::size_t{1'000} << power;
      limits.has_adaptive_snapshots = power % 2 == 1; // Otherwise snapshots are rare and small.
    }
    if (random_.chance(20))
      limits.pending_bytes_max = std::size_t{100} << random_.below(7);
    if (random_.chance(30))
      limits.steps_max = 1 + random_.below(20);
    return limits;
  }

  /// A fixed time, or shortly before a change of daylight saving time.
  instant draw_start_time() {
    constexpr std::array changes{
        instant_of_ms(1'901'149'200'000),  // 2030-03-31 01:00, Berlin: forward
        instant_of_ms(1'919'293'200'000),  // 2030-10-27 01:00, Berlin: back
        instant_of_ms(1'899'356'400'000),  // 2030-03-10 07:00, New York: forward
        instant_of_ms(1'917'446'400'000)}; // 2030-10-05 16:00, Sydney: forward
    const auto change = changes[random_.below(changes.size())];
    const duration before{static_cast<std::int64_t>(random_.below(120'000))};
    return random_.chance(50) ? default_start_time : change - before;
  }

  const scenario_options& options_;
  const run_plan& plan_;
  prng& random_;
};

} // namespace

cluster_options draw_cluster(const scenario_options& options, const run_plan& plan, prng& random) {
  return cluster_draw{options, plan, random}.draw();
}

} // namespace belfry::sim
