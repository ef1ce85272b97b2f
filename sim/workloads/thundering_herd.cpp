#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Once: very many tasks, all due in the same millisecond.
class thundering_herd_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "thundering_herd"; }
  [[nodiscard]] duration mean_interval() const override { return 1s; }

  void generate(cluster& target, prng& random) override {
    if (is_done_)
      return;
    is_done_ = true;
    const auto due = target.sim_world().now() + 20s;
    for (std::uint64_t i = 0; i < target.options().thundering_herd; ++i) {
      auto task = draw_plain_task(random);
      task.script.span = 1ms;
      task.spec.due = due;
      submit(target, task);
    }
  }

private:
  bool is_done_ = false;
};

} // namespace

std::unique_ptr<workload> thundering_herd() {
  return std::make_unique<thundering_herd_workload>();
}

} // namespace belfry::sim
