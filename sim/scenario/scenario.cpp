#include "scenario/scenario.hpp"

#include "observation/log_tap.hpp"
#include "scenario/cluster.hpp"
#include "scenario/repeat.hpp"
#include "scenario/spike_plan.hpp"
#include "workloads/drawn_task.hpp"

#include "belfry/contract.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace belfry::sim {

namespace {

/// One run: what it is made of, and its phases.
class scenario_run {
public:
  explicit scenario_run(const scenario_options& options)
      : options_(options), random_(options.seed * 2 + 1),
        joined_(options.plan ? *options.plan : draw_joins()),
        faults_(faults_of(joined_, options.seed)),
        loads_(options.replayed ? std::vector<participant<workload>>{}
                                : workloads_of(joined_, options.seed)),
        tap_([this](bool is_error, const std::string& text) {
          if (is_playing_ && !target_.sim_world().is_reclaiming())
            target_.run_history().record(line_logged{is_error, text});
        }),
        target_(draw_cluster()) {
    if (options.printer)
      target_.sim_world().events().print_to(options.printer);
  }

  run_report play() {
    const auto before = read_coverage();
    is_playing_ = true;
    try {
      inject_faults();
      mend_things();
      settle();
    } catch (const contract_violation& violations) {
      crashed_.push_back(std::string{"the world broke: "} + violations.what());
    }
    is_playing_ = false;
    auto made = report();
    for (const auto& [name, count] : read_coverage())
      made.coverage[name] = count - before.at(name);
    return made;
  }

private:
  /// From a chance of its own: giving what was drawn changes nothing else.
  run_plan draw_joins() const {
    prng lots{options_.seed};
    return draw_run_plan(options_.name, lots);
  }

  cluster_options draw_cluster() {
    cluster_options options;
    options.seed = options_.seed;
    const auto workers = static_cast<std::uint32_t>(1 + random_.below(3));
    options.workers = options_.workers.value_or(workers);
    auto slots = static_cast<std::uint32_t>(1 + random_.below(8));
    // A fleet of schedules never ends: fewer slots might never come to anything else.
    if (plan("schedules"))
      slots = std::max(slots, 4U);
    options.slots = options_.slots.value_or(slots);
    options.shards = static_cast<std::uint16_t>(1 + random_.below(5));
    draw_servers(options);
    options.kinds = drawn_kinds();
    options.begin = draw_begin();
    options.more_checkers = options_.more_checkers;
    options.per_shard_limits = draw_limits();
    for (std::uint32_t worker = 1; worker < options.workers; ++worker)
      if (random_.chance(30))
        options.lacking[worker] = drawn_kinds()[random_.below(drawn_kinds().size())];
    if (plan("spike"))
      prepare_for_spike(options);
    return options;
  }

  [[nodiscard]] bool plan(const std::string& workload) const {
    return std::count(joined_.workloads.begin(), joined_.workloads.end(), workload) > 0;
  }

  /// So many slots that chance evens out, and limits that the spike exceeds.
  void prepare_for_spike(cluster_options& options) {
    options.lacking.clear();
    options.workers = options_.workers.value_or(std::max(options.workers, 2U));
    options.slots = options_.slots.value_or(std::max(options.slots, 4U));
    const auto capacity = spike_plan::capacity_of(options.workers * options.slots);
    const auto seconds_held = static_cast<double>(1 + random_.below(3));
    constexpr double held_min = 16;
    options.of_submits.open_tasks_max =
        static_cast<std::size_t>(std::max(held_min, capacity * seconds_held / options.shards));
    options.batch_max = 4;
    options.more_checkers = [theirs = options.more_checkers, begin = options.begin, capacity] {
      auto all = theirs ? theirs() : std::vector<std::unique_ptr<checker>>{};
      all.push_back(spike_recovers(begin, capacity));
      return all;
    };
  }

  /// From a chance of its own: a run of one server is the same with it and without.
  void draw_servers(cluster_options& options) const {
    prng lots{options_.seed ^ 0x5E12'7E12ULL};
    const auto several = static_cast<std::uint32_t>(2 + lots.below(4));
    const auto more_shards = static_cast<std::uint16_t>(lots.below(12));
    options.servers = options_.servers.value_or(is_clustered(options_.name) ? several : 1);
    if (options.servers > 1)
      options.shards = static_cast<std::uint16_t>(options.shards + more_shards);
  }

  /// The usual limits, or some so low that the run meets them.
  shard_limits draw_limits() {
    shard_limits limits;
    limits.settled_kept_max = 10'000'000; // All are asked for in the end.
    if (random_.chance(40)) {
      const auto power = random_.below(7);
      limits.journal_bytes_max = std::size_t{1'000} << power;
      limits.has_adaptive_snapshots = power % 2 == 1; // Else there are few, and of few pages each.
    }
    if (random_.chance(20))
      limits.pending_bytes_max = std::size_t{100} << random_.below(7);
    if (random_.chance(30))
      limits.steps_max = 1 + random_.below(20);
    return limits;
  }

  /// In ordinary times, or when clocks are about to change somewhere.
  instant draw_begin() {
    constexpr std::array changes{
        instant_of_ms(1'901'149'200'000),  // 2030-03-31 01:00, Berlin: forward
        instant_of_ms(1'919'293'200'000),  // 2030-10-27 01:00, Berlin: back
        instant_of_ms(1'899'356'400'000),  // 2030-03-10 07:00, New York: forward
        instant_of_ms(1'917'446'400'000)}; // 2030-10-05 16:00, Sydney: forward
    const auto change = changes[random_.below(changes.size())];
    const duration before{static_cast<std::int64_t>(random_.below(120'000))};
    return random_.chance(50) ? world_begin : change - before;
  }

  void inject_faults() {
    const auto hurry = static_cast<std::int64_t>(50 + random_.below(151)); // In percent.
    if (options_.replayed)
      replay(target_, *options_.replayed, options_.length);
    for (auto& one : loads_)
      repeat(target_.sim_world(),
             options_.rate > 0 ? world_time{static_cast<std::int64_t>(1e9 / options_.rate)}
                               : world_time{one.who->mean_interval()} * hurry / 100,
             options_.length, one.random, [this, &one] { one.who->generate(target_, one.random); });
    for (auto& one : faults_)
      repeat(target_.sim_world(), one.who->mean_interval(), options_.length, one.random,
             [this, &one] { one.who->inject(target_, one.random); });
    target_.sim_world().run_for(options_.length);
    if (options_.on_workload_end)
      options_.on_workload_end();
  }

  /// Nodes that are down come back by themselves; so do connections.
  void mend_things() {
    for (auto& one : faults_)
      one.who->heal(target_);
    target_.run_history().record(faults_healed{});
    target_.sim_world().run_for(std::chrono::seconds{40});
  }

  void settle() {
    // Hours: what was submitted while the clock was an hour ahead is due that late, and one slot
    // may have to do it all.
    constexpr int rounds_max = 600;
    for (int round = 0; round < rounds_max; ++round) {
      target_.sim_world().run_for(std::chrono::seconds{5});
      look_at_open_tasks();
      target_.sim_world().run_for(std::chrono::seconds{25});
      const auto& counts = target_.run_history().counts();
      if (target_.client().open_tasks().empty() && target_.client().deferred().empty() &&
          counts.answered() == counts.offered)
        break;
      if (!target_.client().deferred().empty())
        target_.client().find_deferred();
    }
    target_.client().list_schedules();
    target_.audit();
    check_books();
    for (std::uint32_t server = 0; server < target_.options().servers; ++server)
      target_.crash_server(server, crash_kind::process_killed, crash_mode::drop, duration{1'000});
    target_.sim_world().run_for(std::chrono::seconds{30});
    check_books();
    target_.audit();
    target_.sim_world().run_for(std::chrono::seconds{10});
  }

  /// Not at all in one round: there may be a million.
  void look_at_open_tasks() {
    constexpr std::size_t looks_max = 50'000;
    std::size_t looks = 0;
    for (const auto id : target_.client().open_tasks()) {
      if (++looks > looks_max)
        return;
      target_.client().look_at(id);
    }
  }

  void check_books() {
    target_.client().list_tasks();
    target_.sim_world().run_for(std::chrono::seconds{10});
    target_.client().count_tasks();
    target_.sim_world().run_for(std::chrono::seconds{10});
  }

  run_report report() {
    run_report made;
    made.violations = target_.run_history().finish();
    made.violations.insert(made.violations.end(), crashed_.begin(), crashed_.end());
    made.fingerprint = target_.sim_world().events().fingerprint();
    made.steps = target_.sim_world().steps();
    made.elapsed = target_.sim_world().elapsed();
    made.counts = target_.run_history().counts();
    made.plan = joined_;
    made.servers = target_.options().servers;
    made.workers = target_.options().workers;
    made.latest = target_.sim_world().events().latest();
    return made;
  }

  scenario_options options_;
  prng random_;
  run_plan joined_;
  std::vector<participant<fault>> faults_;
  std::vector<participant<workload>> loads_;
  std::vector<std::string> crashed_;
  bool is_playing_ = false;
  log_tap tap_; // Outlives the cluster, whose end is logged too.
  cluster target_;
};

} // namespace

run_report run_scenario(const scenario_options& options) {
  const auto names = scenario_names();
  expects(std::find(names.begin(), names.end(), options.name) != names.end(),
          "scenario: has a known name");
  return std::make_unique<scenario_run>(options)->play();
}

} // namespace belfry::sim
