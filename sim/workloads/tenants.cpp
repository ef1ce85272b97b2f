#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

class tenant_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "tenants"; }
  [[nodiscard]] duration mean_interval() const override { return 8s; }

  void generate(cluster& target, prng& random) override {
    const auto count = 20 + random.below(200);
    for (std::uint64_t i = 0; i < count; ++i) {
      auto task = draw_plain_task(random);
      task.script.span = duration{1} + draw_delay(random, 20ms);
      task.spec.queue = "tenant" + std::to_string(random.below(5'000));
      task.spec.delay = draw_delay(random, 4s);
      submit(target, task);
    }
  }
};

} // namespace

std::unique_ptr<workload> tenants() {
  return std::make_unique<tenant_workload>();
}

} // namespace belfry::sim
