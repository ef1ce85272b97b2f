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
      auto one = draw_plain_task(random);
      one.script.span = duration{1} + draw_delay(random, 20ms);
      one.spec.queue = "tenant" + std::to_string(random.below(5'000));
      one.spec.delay = draw_delay(random, 4s);
      submit(target, one);
    }
  }
};

} // namespace

std::unique_ptr<workload> tenants() {
  return std::make_unique<tenant_workload>();
}

} // namespace belfry::sim
