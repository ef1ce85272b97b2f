#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Once: a great many tasks, all due in the same millisecond.
class avalanche_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "thundering_herd"; }
  [[nodiscard]] duration mean_interval() const override { return 1s; }

  void generate(cluster& target, prng& random) override {
    if (has_come_)
      return;
    has_come_ = true;
    const auto due = target.sim_world().now() + 20s;
    for (std::uint64_t i = 0; i < target.options().thundering_herd; ++i) {
      auto one = draw_plain_task(random);
      one.script.span = 1ms;
      one.spec.due = due;
      submit(target, one);
    }
  }

private:
  bool has_come_ = false;
};

} // namespace

std::unique_ptr<workload> thundering_herd() {
  return std::make_unique<avalanche_workload>();
}

} // namespace belfry::sim
