#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Stops a worker gracefully and starts it again, as for an upgrade. Some runs end in the grace.
class worker_stop_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "worker_stop"; }
  [[nodiscard]] duration mean_interval() const override { return duration{8'000}; }

  void inject(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers));
    const auto grace = draw_span(random, duration{0}, duration{10'000});
    target.run_history().record(fault_injected{"worker_stop worker=" + cluster::worker_name(index) +
                                               " grace_ms=" + std::to_string(grace.count())});
    target.stop_worker(index, grace, draw_span(random, duration{100}, duration{5'000}));
  }
};

} // namespace

std::unique_ptr<fault> worker_stop() {
  return std::make_unique<worker_stop_fault>();
}

} // namespace belfry::sim
