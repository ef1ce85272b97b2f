#include "scenario.hpp"

#include "cluster.hpp"
#include "faults/fault.hpp"
#include "log_tap.hpp"
#include "workloads/workload.hpp"

#include "belfry/contract.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace belfry::sim {

namespace {

using fault_list = std::vector<std::unique_ptr<fault>>;

const std::map<std::string, std::set<std::string>>& scenarios() {
  static const std::map<std::string, std::set<std::string>> all{
      {"calm", {}},
      {"crashes", {"server_crash", "worker_crash", "actor_kill"}},
      {"network", {"link_cut", "slow_link", "worker_crash"}},
      {"disk", {"failed_sync", "disk_full", "server_crash"}},
      {"swarm", {}},
  };
  return all;
}

fault_list draw_faults(const std::string& scenario, prng& random) {
  auto all = all_faults();
  std::erase_if(all, [&](const auto& one) {
    const bool is_lucky = random.chance(50);
    return scenario == "swarm" ? !is_lucky : !scenarios().at(scenario).contains(one->name());
  });
  return all;
}

/// One run: what it is made of, and its phases.
class scenario_run {
public:
  explicit scenario_run(const scenario_options& options)
      : options_(options), random_(options.seed * 2 + 1),
        faults_(draw_faults(options.name, random_)), load_(steady(random_.next())),
        tap_([this](bool is_error, const std::string& text) {
          if (is_playing_ && !target_.inside().is_burying())
            target_.seen().tell(line_logged{is_error, text});
        }),
        target_(draw_cluster()) {
    if (options.printer)
      target_.inside().events().print_to(options.printer);
  }

  run_report play() {
    is_playing_ = true;
    try {
      break_things();
      mend_things();
      settle();
    } catch (const contract_violation& broken) {
      crashed_.push_back(std::string{"the world broke: "} + broken.what());
    }
    is_playing_ = false;
    return report();
  }

private:
  cluster_options draw_cluster() {
    cluster_options options;
    options.seed = options_.seed;
    options.workers = options_.workers.value_or(static_cast<std::uint32_t>(1 + random_.below(3)));
    options.slots = static_cast<std::uint32_t>(1 + random_.below(8));
    options.shards = static_cast<std::uint16_t>(1 + random_.below(5));
    options.kinds = workload_kinds();
    return options;
  }

  void break_things() {
    load_->begin(target_, options_.length);
    for (auto& one : faults_)
      strike_later(*one);
    target_.inside().run_for(options_.length);
  }

  void strike_later(fault& one) {
    const auto width = static_cast<std::uint64_t>(2 * one.gap().count());
    const duration rest{static_cast<std::int64_t>(random_.below(width + 1))};
    target_.inside().after(rest, [this, &one] {
      if (target_.inside().elapsed() >= options_.length)
        return;
      one.strike(target_, random_);
      strike_later(one);
    });
  }

  /// Nodes that are down come back by themselves; so do connections.
  void mend_things() {
    for (auto& one : faults_)
      one->heal(target_);
    target_.seen().tell(faults_healed{});
    target_.inside().run_for(std::chrono::seconds{40});
  }

  void settle() {
    constexpr int rounds_max = 60;
    for (int round = 0; round < rounds_max; ++round) {
      target_.inside().run_for(std::chrono::seconds{5});
      ask_for_open_tasks();
      target_.inside().run_for(std::chrono::seconds{25});
      if (open_.empty() && target_.seen().counts().answered() == target_.seen().counts().offered)
        break;
    }
    target_.audit();
    target_.inside().run_for(std::chrono::seconds{30});
  }

  void ask_for_open_tasks() {
    for (const auto id : load_->accepted())
      if (!settled_.contains(id))
        open_.insert(id);
    for (const auto id : std::set<task_id>{open_})
      target_.client().look_at(id, [this, id](bool is_settled) {
        if (!is_settled)
          return;
        open_.erase(id);
        settled_.insert(id);
      });
  }

  run_report report() {
    run_report made;
    made.broken = target_.seen().finish();
    made.broken.insert(made.broken.end(), crashed_.begin(), crashed_.end());
    made.fingerprint = target_.inside().events().fingerprint();
    made.steps = target_.inside().steps();
    made.elapsed = target_.inside().elapsed();
    made.counts = target_.seen().counts();
    for (const auto& one : faults_)
      made.faults.push_back(one->name());
    const auto& latest = target_.inside().events().latest();
    made.latest.assign(latest.begin(), latest.end());
    return made;
  }

  scenario_options options_;
  prng random_;
  fault_list faults_;
  std::unique_ptr<workload> load_;
  std::vector<std::string> crashed_;
  std::set<task_id> open_; // Acknowledged, not known to be settled.
  std::set<task_id> settled_;
  bool is_playing_ = false;
  log_tap tap_; // Outlives the cluster, whose end is logged too.
  cluster target_;
};

} // namespace

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& [name, faults] : scenarios())
    names.push_back(name);
  return names;
}

run_report run_scenario(const scenario_options& options) {
  expects(scenarios().contains(options.name), "scenario: has a known name");
  return std::make_unique<scenario_run>(options)->play();
}

} // namespace belfry::sim
