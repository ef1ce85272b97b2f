#include "scenario/run_plan.hpp"

#include "wire/shard_of.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace belfry::sim {

namespace {

/// All but those that are a scenario of their own.
std::vector<std::string> usual_workloads() {
  auto names = workload_names();
  for (const auto* apart : {"thundering_herd", "accept_anywhere", "spike"})
    std::erase(names, apart);
  return names;
}

const std::map<std::string, run_plan>& scenarios() {
  static const std::map<std::string, run_plan> all{
      {"actors", {{"actor_kill", "worker_crash"}, usual_workloads()}},
      {"thundering_herd", {{"server_crash", "worker_crash"}, {"thundering_herd"}}},
      {"calm", {{}, usual_workloads()}},
      {"load",
       {{"worker_crash"},
        {"bursts", "tenants", "duplicate_submissions", "cancel_storms", "steady"}}},
      {"crashes",
       {{"server_crash", "worker_crash", "actor_kill"}, {"steady", "failing", "pauses"}}},
      {"freezes",
       {{"server_freeze", "worker_freeze", "slow_node"}, {"steady", "long_and_short", "pauses"}}},
      {"network",
       {{"link_cut", "partition", "slow_link", "worker_crash"},
        {"steady", "duplicate_submissions", "pauses"}}},
      {"disk",
       {{"failed_sync", "disk_full", "slow_disk", "server_crash"}, {"steady", "bursts", "pauses"}}},
      {"storage",
       {{"storage_outage", "server_crash", "worker_crash"}, {"steady", "bursts", "pauses"}}},
      {"cluster",
       {{"server_crash", "server_freeze", "server_restart", "drain", "storage_cut", "storage_crash",
         "storage_outage", "partition", "link_cut", "slow_node", "actor_kill", "worker_crash",
         "worker_freeze"},
        usual_workloads()}},
      {"outbox",
       {{"server_crash", "server_freeze", "server_restart", "storage_cut", "storage_outage",
         "partition", "link_cut", "worker_crash"},
        {"accept_anywhere", "steady", "duplicate_submissions", "bursts", "cancel_storms"}}},
      {"moves", {{"server_restart", "drain"}, usual_workloads()}},
      {"spike", {{}, {"spike"}}},
      {"clocks", {{"clock_step", "server_crash"}, {"steady", "long_and_short", "schedules"}}},
      {"cron", {{"server_crash", "worker_crash", "actor_kill"}, {"schedules"}}},
      {"swarm", {}}, // Drawn.
  };
  return all;
}

template <class T>
std::vector<std::string> names_of(const std::vector<std::unique_ptr<T>>& all) {
  std::vector<std::string> names;
  for (const auto& one : all)
    names.push_back(one->name());
  return names;
}

template <class T>
std::vector<participant<T>> chosen_of(std::vector<std::unique_ptr<T>> all,
                                      const std::vector<std::string>& names, std::uint64_t seed) {
  std::vector<participant<T>> chosen;
  for (auto& one : all) {
    const auto name = one->name();
    if (std::find(names.begin(), names.end(), name) != names.end())
      chosen.push_back({std::move(one), prng{prng{seed ^ wire::fnv1a(name)}.next()}});
  }
  return chosen;
}

} // namespace

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& [name, who] : scenarios())
    names.push_back(name);
  return names;
}

bool is_clustered(const std::string& scenario) {
  static const std::set<std::string> clustered{"cluster", "moves", "outbox", "spike"};
  return clustered.contains(scenario);
}

std::vector<std::string> fault_names() {
  return names_of(all_faults());
}

std::vector<std::string> workload_names() {
  return names_of(all_workloads());
}

run_plan draw_run_plan(const std::string& scenario, prng& random) {
  if (scenario != "swarm")
    return scenarios().at(scenario);
  run_plan drawn{fault_names(), usual_workloads()};
  for (const auto* of_cluster : {"storage_cut", "storage_crash", "server_restart", "drain"})
    std::erase(drawn.faults, of_cluster);
  const auto is_unlucky = [&](const std::string&) { return random.chance(60); };
  std::erase_if(drawn.faults, is_unlucky);
  std::erase_if(drawn.workloads, is_unlucky);
  if (drawn.workloads.empty())
    drawn.workloads.emplace_back("steady");
  return drawn;
}

std::vector<participant<fault>> faults_of(const run_plan& who, std::uint64_t seed) {
  return chosen_of(all_faults(), who.faults, seed);
}

std::vector<participant<workload>> workloads_of(const run_plan& who, std::uint64_t seed) {
  return chosen_of(all_workloads(), who.workloads, seed);
}

} // namespace belfry::sim
