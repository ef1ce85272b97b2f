#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

void draw_ending(task_script& script, prng& random) {
  const auto lot = random.below(1000);
  if (lot < 60)
    script.failures = static_cast<std::uint32_t>(1 + random.below(6));
  else if (lot < 80)
    script.failures = 1, script.is_final = true;
  else if (lot < 110)
    script.snooze = 1ms + draw_delay(random, 5s);
  else if (lot < 130)
    script.span *= 20; // A long run.
  else if (lot < 140)
    script.span *= 20, script.ignores_cancel = true;
}

void draw_times(task_spec& spec, prng& random, instant now) {
  if (random.chance(40))
    spec.delay = draw_delay(random, 20s);
  else if (random.chance(10))
    spec.due = now + draw_delay(random, 20s);
  if (random.chance(5)) {
    spec.start_by = now + 1s + draw_delay(random, 30s);
    if (to_ms(*spec.start_by) % 2 == 0) // No draw of its own, so that older seeds keep their draws.
      spec.complete_by = *spec.start_by + 5s;
  }
}

class steady_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "steady"; }
  [[nodiscard]] duration mean_interval() const override { return 100ms; }

  void generate(cluster& target, prng& random) override {
    auto task = draw_plain_task(random);
    draw_ending(task.script, random);
    draw_times(task.spec, random, target.sim_world().now());
    if (random.chance(10))
      task.spec.key = "key" + std::to_string(random.below(20));
    if (task.script.span > 2s && random.chance(50))
      task.spec.timeout = 1s;
    const bool will_cancel = random.chance(8);
    const bool will_wait = random.chance(30);
    const auto cancel_after = draw_delay(random, 6s);
    submit(target, task, [&target, will_cancel, will_wait, cancel_after](task_id id) {
      if (will_wait)
        target.client().wait_for(id, 120s);
      if (will_cancel)
        target.sim_world().after(cancel_after, [&target, id] { target.client().cancel(id); });
    });
  }
};

} // namespace

std::unique_ptr<workload> steady() {
  return std::make_unique<steady_workload>();
}

} // namespace belfry::sim
