#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

#include <utility>

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Most queues accept tasks in any shard most of the time.
class accept_anywhere_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "accept_anywhere"; }
  [[nodiscard]] duration mean_interval() const override { return 8s; }

  void generate(cluster& target, prng& random) override {
    if (std::exchange(is_started_, true))
      return target.client().set_accepts_anywhere(draw_queue(random), random.chance(80));
    for (const auto& queue : drawn_queues())
      target.client().set_accepts_anywhere(queue, true);
  }

private:
  bool is_started_ = false;
};

} // namespace

std::unique_ptr<workload> accept_anywhere() {
  return std::make_unique<accept_anywhere_workload>();
}

} // namespace belfry::sim
