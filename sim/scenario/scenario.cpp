#include "scenario/scenario.hpp"

#include "observation/log_tap.hpp"
#include "scenario/cluster_draw.hpp"
#include "scenario/repeat.hpp"

#include "belfry/contract.hpp"

#include <algorithm>
#include <memory>

namespace belfry::sim {

namespace {

/// One run and its phases.
class scenario_run {
public:
  explicit scenario_run(const scenario_options& options)
      : options_(options), random_(options.seed * 2 + 1),
        plan_(options.plan ? *options.plan : draw_plan()), faults_(faults_of(plan_, options.seed)),
        workloads_(options.replayed ? std::vector<participant<workload>>{}
                                    : workloads_of(plan_, options.seed)),
        tap_([this](bool is_error, const std::string& text) {
          if (is_recording_ && !target_.sim_world().is_reclaiming())
            target_.run_history().record(line_logged{is_error, text});
        }),
        target_(draw_cluster(options, plan_, random_)) {
    if (options.printer)
      target_.sim_world().run_trace().print_to(options.printer);
  }

  run_report run() {
    const auto before = read_coverage();
    is_recording_ = true;
    try {
      run_workloads_and_faults();
      heal();
      settle();
    } catch (const contract_violation& broken) {
      broken_contracts_.push_back(std::string{"a contract was broken: "} + broken.what());
    }
    is_recording_ = false;
    auto report = make_report();
    for (const auto& [name, count] : read_coverage())
      report.coverage[name] = count - before.at(name);
    return report;
  }

private:
  /// Uses a separate random stream: giving the drawn plan in the options changes nothing else.
  run_plan draw_plan() const {
    prng random{options_.seed};
    return draw_run_plan(options_.name, random);
  }

  void run_workloads_and_faults() {
    const auto interval_percent = static_cast<std::int64_t>(50 + random_.below(151));
    if (options_.replayed)
      replay(target_, *options_.replayed, options_.length);
    for (auto& workload : workloads_)
      repeat(target_.sim_world(),
             options_.rate > 0
                 ? world_time{static_cast<std::int64_t>(1e9 / options_.rate)}
                 : world_time{workload.instance->mean_interval()} * interval_percent / 100,
             options_.length, workload.random,
             [this, &workload] { workload.instance->generate(target_, workload.random); });
    for (auto& fault : faults_)
      repeat(target_.sim_world(), fault.instance->mean_interval(), options_.length, fault.random,
             [this, &fault] { fault.instance->inject(target_, fault.random); });
    repeat(target_.sim_world(), look_interval, options_.length, look_random_,
           [this] { look_at_tasks(); });
    target_.sim_world().run_for(options_.length);
    if (options_.on_workload_end)
      options_.on_workload_end();
  }

  /// Crashed nodes and broken connections recover by themselves.
  void heal() {
    for (auto& fault : faults_)
      fault.instance->heal(target_);
    target_.run_history().record(faults_healed{});
    target_.sim_world().run_for(std::chrono::seconds{40});
  }

  void settle() {
    // Five hours: tasks submitted while the clock was an hour ahead are due that late, and one slot
    // may have to run all of them.
    constexpr int rounds_max = 600;
    target_.client().stop_changing();
    for (int round = 0; round < rounds_max; ++round) {
      const bool were_servers_up = target_.is_every_server_up();
      target_.sim_world().run_for(std::chrono::seconds{5});
      fetch_open_tasks();
      target_.sim_world().run_for(std::chrono::seconds{25});
      const auto& counts = target_.run_history().counts();
      if (were_servers_up && target_.client().open_tasks().empty() &&
          target_.client().deferred().empty() && !target_.client().has_open_changes() &&
          counts.answered() == counts.offered)
        break;
      if (!target_.client().deferred().empty())
        target_.client().find_deferred();
    }
    target_.client().list_schedules();
    target_.audit();
    target_.client().fetch_deleted(fetches_max);
    check_counts();
    for (std::uint32_t server = 0; server < target_.options().servers; ++server)
      target_.crash_server(server, crash_kind::process_killed, crash_mode::drop, duration{1'000});
    target_.sim_world().run_for(std::chrono::seconds{30});
    target_.client().fetch_deleted(fetches_max);
    check_counts();
    target_.audit();
    target_.sim_world().run_for(std::chrono::seconds{10});
  }

  /// What users see of the newest tasks of some shard, while these wait and run.
  void look_at_tasks() {
    constexpr int looks_max = 10;
    const auto& open = target_.client().open_tasks();
    const auto shard = static_cast<std::uint16_t>(look_random_.below(target_.options().shards));
    auto next = open.upper_bound(task_id::of({shard}, ~std::uint64_t{0} >> 16));
    for (int looks = 0; looks < looks_max && next != open.begin(); ++looks)
      target_.client().fetch_task(*--next);
    target_.client().fetch_deleted(looks_max);
    target_.client().count_runs();
  }

  /// Some per round: there may be a million.
  void fetch_open_tasks() {
    std::size_t fetches = 0;
    for (const auto id : target_.client().open_tasks()) {
      if (++fetches > fetches_max)
        return;
      target_.client().fetch_task(id);
    }
  }

  void check_counts() {
    target_.client().list_tasks();
    target_.sim_world().run_for(std::chrono::seconds{10});
    target_.client().count_tasks();
    target_.sim_world().run_for(std::chrono::seconds{10});
  }

  run_report make_report() {
    run_report report;
    report.violations = target_.run_history().finish();
    report.violations.insert(report.violations.end(), broken_contracts_.begin(),
                             broken_contracts_.end());
    report.fingerprint = target_.sim_world().run_trace().fingerprint();
    report.steps = target_.sim_world().steps();
    report.elapsed = target_.sim_world().elapsed();
    report.counts = target_.run_history().counts();
    report.plan = plan_;
    report.servers = target_.options().servers;
    report.workers = target_.options().workers;
    report.latest = target_.sim_world().run_trace().latest();
    return report;
  }

  static constexpr world_time look_interval = std::chrono::seconds{5};
  static constexpr std::size_t fetches_max = 50'000;

  scenario_options options_;
  prng random_;
  prng look_random_{options_.seed ^ 0x100C'100CULL}; // Separate, so that no other draw changes.
  run_plan plan_;
  std::vector<participant<fault>> faults_;
  std::vector<participant<workload>> workloads_;
  std::vector<std::string> broken_contracts_;
  bool is_recording_ = false;
  log_tap tap_; // Outlives the cluster, which logs its end.
  cluster target_;
};

} // namespace

run_report run_scenario(const scenario_options& options) {
  const auto names = scenario_names();
  expects(std::find(names.begin(), names.end(), options.name) != names.end(),
          "scenario: has a known name");
  return std::make_unique<scenario_run>(options)->run();
}

} // namespace belfry::sim
