#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class cancel_storm_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "cancel_storms"; }
  [[nodiscard]] duration mean_interval() const override { return 12s; }

  void generate(cluster& target, prng& random) override {
    const auto count = 10 + random.below(60);
    for (std::uint64_t i = 0; i < count; ++i) {
      auto task = draw_plain_task(random);
      task.script.span = duration{1} + draw_delay(random, 5s);
      if (random.chance(50))
        task.spec.delay = draw_delay(random, 5s);
      const auto cancel_delay = draw_delay(random, 3s);
      const bool is_repeated = random.chance(30);
      submit(target, task, [&target, cancel_delay, is_repeated](task_id id) {
        const auto cancel = [&target, id] { target.client().cancel(id); };
        target.sim_world().after(cancel_delay, cancel);
        if (is_repeated)
          target.sim_world().after(2 * cancel_delay, cancel);
      });
    }
  }
};

} // namespace

std::unique_ptr<workload> cancel_storms() {
  return std::make_unique<cancel_storm_workload>();
}

} // namespace belfry::sim
