#include "scenario/cluster.hpp"
#include "scenario/spike_plan.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Tasks that arrive evenly at a rate.
class arrival_rate {
public:
  /// Returns how many tasks have arrived since the last call.
  std::uint64_t arrivals_until(world_time now, double per_second) {
    due_count_ += std::chrono::duration<double>(now - updated_at_).count() * per_second;
    updated_at_ = now;
    const auto whole = static_cast<std::uint64_t>(due_count_);
    due_count_ -= static_cast<double>(whole);
    return whole;
  }

private:
  world_time updated_at_{0};
  double due_count_ = 1;
};

class spike_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "spike"; }
  [[nodiscard]] duration mean_interval() const override { return 100ms; }

  void generate(cluster& target, prng& random) override {
    const auto& size = target.options();
    const auto capacity = spike_plan::capacity_of(size.workers * size.slots);
    const auto now = target.sim_world().elapsed();
    const bool is_spike = now >= spike_plan::spike_start && now < spike_plan::spike_end;
    const auto excess_load = is_spike ? spike_plan::spike_load - spike_plan::usual_load : 0;
    for (auto left = usual_.arrivals_until(now, capacity * spike_plan::usual_load); left > 0;
         --left)
      submit(target, draw_usual(random));
    for (auto left = excess_.arrivals_until(now, capacity * excess_load); left > 0; --left)
      submit(target, draw_excess(random, target.sim_world().now()));
  }

private:
  static drawn_task draw(prng& random) {
    auto task = draw_plain_task(random);
    task.script.span = spike_plan::run_span;
    return task;
  }

  static drawn_task draw_usual(prng& random) {
    auto task = draw(random);
    const auto lot = random.below(10);
    task.spec.priority = lot == 0 ? 1 : lot < 3 ? -1 : 0;
    return task;
  }

  static drawn_task draw_excess(prng& random, instant now) {
    auto task = draw(random);
    task.spec.priority = random.chance(50) ? -1 : 0;
    if (random.chance(spike_plan::impatient_percent))
      task.spec.start_by = now + spike_plan::start_by_timeout;
    return task;
  }

  arrival_rate usual_;
  arrival_rate excess_;
};

} // namespace

std::unique_ptr<workload> spike() {
  return std::make_unique<spike_workload>();
}

} // namespace belfry::sim
