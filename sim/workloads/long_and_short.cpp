#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class long_and_short_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "long_and_short"; }
  [[nodiscard]] duration mean_interval() const override { return 3s; }

  void generate(cluster& target, prng& random) override {
    auto longer = draw_plain_task(random);
    longer.script.span = 5s + draw_delay(random, 40s);
    longer.script.ignores_cancel = random.chance(20);
    if (random.chance(20))
      longer.spec.timeout = 1s + draw_delay(random, 20s);
    const auto behind = random.below(20);
    for (std::uint64_t i = 0; i < behind; ++i) {
      auto shorter = draw_plain_task(random);
      shorter.spec.kind = longer.spec.kind;
      shorter.spec.queue = longer.spec.queue;
      if (random.chance(10))
        shorter.spec.start_by = target.sim_world().now() + 100ms + draw_delay(random, 5s);
      submit(target, shorter);
    }
    submit(target, longer);
  }
};

} // namespace

std::unique_ptr<workload> long_and_short() {
  return std::make_unique<long_and_short_workload>();
}

} // namespace belfry::sim
