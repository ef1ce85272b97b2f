#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class failing_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "failing"; }
  [[nodiscard]] duration mean_interval() const override { return 500ms; }

  void generate(cluster& target, prng& random) override {
    auto task = draw_plain_task(random);
    if (random.chance(4))
      task.script.is_poison = true;
    else
      task.script.failures = static_cast<std::uint32_t>(1 + random.below(8));
    task.script.is_final = random.chance(10);
    if (random.chance(30))
      task.script.snooze = 1ms + draw_delay(random, 3s);
    task.spec.retry.crashes_max = static_cast<std::uint32_t>(1 + random.below(3));
    submit(target, task);
  }
};

} // namespace

std::unique_ptr<workload> failing() {
  return std::make_unique<failing_workload>();
}

} // namespace belfry::sim
