#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class burst_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "bursts"; }
  [[nodiscard]] duration mean_interval() const override { return 15s; }

  void generate(cluster& target, prng& random) override {
    const auto count = 50 + random.below(250);
    const bool is_for_later = random.chance(50);
    const auto due = target.sim_world().now() + draw_delay(random, 20s);
    for (std::uint64_t i = 0; i < count; ++i) {
      auto task = draw_plain_task(random);
      task.script.span /= 10;
      if (is_for_later)
        task.spec.due = due;
      submit(target, task);
    }
  }
};

} // namespace

std::unique_ptr<workload> bursts() {
  return std::make_unique<burst_workload>();
}

} // namespace belfry::sim
