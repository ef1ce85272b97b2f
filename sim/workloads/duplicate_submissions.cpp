#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class repeat_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "duplicate_submissions"; }
  [[nodiscard]] duration mean_interval() const override { return 2s; }

  void generate(cluster& target, prng& random) override {
    auto one = draw_plain_task(random);
    one.spec.key = "again" + std::to_string(random.below(1'000));
    if (random.chance(20)) {
      one.spec.key = "brief" + std::to_string(random.below(3));
      one.spec.key_ttl = 10s;
    }
    if (random.chance(20))
      one.script.failures = 9; // More than it has attempts.
    if (random.chance(30))
      one.spec.delay = draw_delay(random, 10s);
    const auto times = 2 + random.below(5);
    const bool is_at_once = random.chance(40);
    for (std::uint64_t i = 0; i < times; ++i)
      target.sim_world().after(is_at_once ? duration{0} : draw_delay(random, 20s),
                               [&target, one] { submit(target, one); });
  }
};

} // namespace

std::unique_ptr<workload> duplicate_submissions() {
  return std::make_unique<repeat_workload>();
}

} // namespace belfry::sim
