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
    auto long_task = draw_plain_task(random);
    long_task.script.span = 5s + draw_delay(random, 40s);
    long_task.script.ignores_cancel = random.chance(20);
    if (random.chance(20))
      long_task.spec.timeout = 1s + draw_delay(random, 20s);
    const auto short_count = random.below(20);
    for (std::uint64_t i = 0; i < short_count; ++i) {
      auto short_task = draw_plain_task(random);
      short_task.spec.kind = long_task.spec.kind;
      short_task.spec.queue = long_task.spec.queue;
      if (random.chance(10))
        short_task.spec.start_by = target.sim_world().now() + 100ms + draw_delay(random, 5s);
      submit(target, short_task);
    }
    submit(target, long_task);
  }
};

} // namespace

std::unique_ptr<workload> long_and_short() {
  return std::make_unique<long_and_short_workload>();
}

} // namespace belfry::sim
