#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

#include <array>
#include <map>
#include <set>

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Pauses schedules that are due every few seconds, puts them again meanwhile, and resumes them,
/// even after the workload has ended; and triggers others, which are never due by themselves.
class schedule_change_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "schedule_changes"; }
  [[nodiscard]] duration mean_interval() const override { return 4s; }

  void generate(cluster& target, prng& random) override {
    constexpr std::uint64_t paused_count = 3;
    constexpr std::uint64_t triggered_count = 2;
    const auto number = random.below(paused_count + triggered_count);
    const auto pause_span = draw_delay(random, 15s);
    std::array<duration, 2> trigger_after{};
    for (auto& after : trigger_after)
      after = 500ms + draw_delay(random, 5s);
    const bool is_paused = number < paused_count;
    const auto spec =
        is_paused ? paused_schedule(target, number) : triggered_schedule(target, number);
    target.client().put_schedule(spec);
    if (is_paused)
      return pause(target, spec, pause_span);
    for (const auto after : trigger_after)
      target.sim_world().after(
          after, [&target, name = spec.name] { target.client().trigger_schedule(name); });
  }

private:
  /// The first waits for its previous task, which runs longer than the schedule's interval.
  schedule_spec paused_schedule(cluster& target, std::uint64_t number) {
    auto spec = schedule(target, number, number == 0 ? 5s : 20ms);
    spec.name = "paused" + std::to_string(number);
    spec.when.line = "*/3 * * * * *";
    spec.overlap = number == 0 ? overlap_policy::queue_one : overlap_policy::allow;
    spec.task.queue = spec.name;
    return spec;
  }

  schedule_spec triggered_schedule(cluster& target, std::uint64_t number) {
    auto spec = schedule(target, number, 20ms);
    spec.name = "triggered" + std::to_string(number);
    spec.when.line = "0 0 1 7 *"; // No run is near the first of July.
    spec.task.queue = spec.name;
    return spec;
  }

  schedule_spec schedule(cluster& target, std::uint64_t number, duration span) {
    const auto [known, is_new] = tags_.try_emplace(number, 0);
    if (is_new)
      known->second = target.scripts().add({span});
    schedule_spec spec;
    spec.misfire = misfire_policy::run_all;
    spec.catch_up_max = 1'000;
    spec.task.kind = drawn_kinds().front();
    spec.task.retention = 24h;
    spec.task.retry.attempts_max = 1; // A retry would be due at another instant.
    spec.task.payload = task_scripts::payload_of(known->second);
    return spec;
  }

  void pause(cluster& target, const schedule_spec& spec, duration span) {
    if (!pausing_.insert(spec.name).second)
      return;
    target.client().set_schedule_paused(spec.name, true, [this, &target, spec, span] {
      target.sim_world().after(span / 2, [&target, spec] { target.client().put_schedule(spec); });
      target.sim_world().after(span, [this, &target, spec] {
        target.client().set_schedule_paused(spec.name, false,
                                            [this, spec] { pausing_.erase(spec.name); });
      });
    });
  }

  std::map<std::uint64_t, task_tag> tags_; // By number of the schedule.
  std::set<std::string> pausing_;
};

} // namespace

std::unique_ptr<workload> schedule_changes() {
  return std::make_unique<schedule_change_workload>();
}

} // namespace belfry::sim
