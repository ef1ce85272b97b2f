#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class duplicate_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "duplicate_submissions"; }
  [[nodiscard]] duration mean_interval() const override { return 2s; }

  void generate(cluster& target, prng& random) override {
    auto task = draw_plain_task(random);
    task.spec.key = "again" + std::to_string(random.below(1'000));
    if (random.chance(20)) {
      task.spec.key = "brief" + std::to_string(random.below(3));
      task.spec.key_ttl = 10s;
    }
    if (random.chance(20))
      task.script.failures = 9; // More than it has attempts.
    if (random.chance(30))
      task.spec.delay = draw_delay(random, 10s);
    const auto times = 2 + random.below(5);
    const bool is_at_once = random.chance(40);
    for (std::uint64_t i = 0; i < times; ++i)
      target.sim_world().after(is_at_once ? duration{0} : draw_delay(random, 20s),
                               [&target, task] { submit(target, task); });
  }
};

} // namespace

std::unique_ptr<workload> duplicate_submissions() {
  return std::make_unique<duplicate_workload>();
}

} // namespace belfry::sim
