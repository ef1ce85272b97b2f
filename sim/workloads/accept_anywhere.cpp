#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

#include <utility>

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

/// Most of the time most queues accept anywhere.
class openings_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "accept_anywhere"; }
  [[nodiscard]] duration mean_interval() const override { return 8s; }

  void generate(cluster& target, prng& random) override {
    if (std::exchange(is_begun_, true))
      return target.client().set_open(draw_queue(random), random.chance(80));
    for (const auto& queue : drawn_queues())
      target.client().set_open(queue, true);
  }

private:
  bool is_begun_ = false;
};

} // namespace

std::unique_ptr<workload> accept_anywhere() {
  return std::make_unique<openings_workload>();
}

} // namespace belfry::sim
