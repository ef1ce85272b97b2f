#include "scenario/run_plan.hpp"

#include "random/hash.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace belfry::sim {

namespace {

/// All workloads except those with a scenario of their own, and those of `add_changes`.
std::vector<std::string> usual_workloads() {
  auto names = workload_names();
  for (const auto* excluded :
       {"thundering_herd", "accept_anywhere", "spike", "changes", "schedule_changes"})
    std::erase(names, excluded);
  return names;
}

/// The seed draws whether users change what waits. It draws that last: of the seeds that were
/// recorded before these workloads, more than half still repeat their runs.
void add_changes(run_plan& plan, prng& random) {
  for (const auto* name : {"changes", "schedule_changes"})
    if (random.chance(25))
      plan.workloads.emplace_back(name);
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
      {"stops",
       {{"worker_stop", "worker_crash", "server_crash"}, {"steady", "long_and_short", "failing"}}},
      {"clocks", {{"clock_step", "server_crash"}, {"steady", "long_and_short", "schedules"}}},
      {"restored", {{"lost_disk", "server_crash"}, {"steady", "long_and_short", "failing"}}},
      {"changes",
       {{"server_crash", "worker_crash", "actor_kill", "link_cut", "partition"},
        {"changes", "schedule_changes", "pauses"}}},
      {"cron", {{"server_crash", "worker_crash", "actor_kill"}, {"schedules"}}},
      {"swarm", {}}, // Drawn.
  };
  return all;
}

template <class T>
std::vector<std::string> names_of(const std::vector<std::unique_ptr<T>>& all) {
  std::vector<std::string> names;
  for (const auto& candidate : all)
    names.push_back(candidate->name());
  return names;
}

/// The random stream of a fault or workload: a hash of its name. A renamed one keeps the stream of
/// its first name, so that recorded seeds still repeat the runs in which they found bugs.
std::uint64_t stream_of(const std::string& name) {
  static const std::map<std::string, std::uint64_t> renamed{
      {"accept_anywhere", 0xDC0A'D71A'9197'22ECULL},
      {"duplicate_submissions", 0x4296'E638'84DC'C59BULL},
      {"storage_outage", 0x3487'3CA9'E542'D035ULL},
      {"thundering_herd", 0xB827'E27A'FD22'9AAAULL}};
  const auto found = renamed.find(name);
  return found == renamed.end() ? fnv1a(name) : found->second;
}

template <class T>
std::vector<participant<T>> participants_of(std::vector<std::unique_ptr<T>> all,
                                            const std::vector<std::string>& names,
                                            std::uint64_t seed) {
  std::vector<participant<T>> chosen;
  for (auto& candidate : all) {
    const auto name = candidate->name();
    if (std::find(names.begin(), names.end(), name) != names.end())
      chosen.push_back({std::move(candidate), prng{prng{seed ^ stream_of(name)}.next()}});
  }
  return chosen;
}

run_plan draw_swarm(prng& random) {
  run_plan drawn{fault_names(), usual_workloads()};
  // Those that need several servers; and a later one, without which recorded seeds draw as before.
  for (const auto* excluded :
       {"storage_cut", "storage_crash", "server_restart", "drain", "worker_stop"})
    std::erase(drawn.faults, excluded);
  const auto is_left_out = [&](const std::string&) { return random.chance(60); };
  std::erase_if(drawn.faults, is_left_out);
  std::erase_if(drawn.workloads, is_left_out);
  if (drawn.workloads.empty())
    drawn.workloads.emplace_back("steady");
  return drawn;
}

} // namespace

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& [name, plan] : scenarios())
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
  static const std::set<std::string> with_changes{"actors", "calm", "cluster", "moves", "swarm"};
  auto plan = scenario == "swarm" ? draw_swarm(random) : scenarios().at(scenario);
  if (with_changes.contains(scenario))
    add_changes(plan, random);
  return plan;
}

std::vector<participant<fault>> faults_of(const run_plan& plan, std::uint64_t seed) {
  return participants_of(all_faults(), plan.faults, seed);
}

std::vector<participant<workload>> workloads_of(const run_plan& plan, std::uint64_t seed) {
  return participants_of(all_workloads(), plan.workloads, seed);
}

} // namespace belfry::sim
