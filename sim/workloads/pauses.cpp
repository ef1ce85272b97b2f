#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Pauses one queue at a time. A pause always ends, even after the workload has ended.
class pause_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "pauses"; }
  [[nodiscard]] duration mean_interval() const override { return 10s; }

  void generate(cluster& target, prng& random) override {
    const auto queue = draw_queue(random);
    const auto span = draw_delay(random, 8s);
    if (is_pausing_)
      return;
    is_pausing_ = true;
    target.client().set_paused(queue, true, [this, &target, queue, span] {
      target.sim_world().after(span, [this, &target, queue] {
        target.client().set_paused(queue, false, [this] { is_pausing_ = false; });
      });
    });
  }

private:
  bool is_pausing_ = false;
};

} // namespace

std::unique_ptr<workload> pauses() {
  return std::make_unique<pause_workload>();
}

} // namespace belfry::sim
