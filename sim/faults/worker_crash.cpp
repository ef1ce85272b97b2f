#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Kills a worker's process, or cuts the power of its machine.
class worker_crash_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "worker_crash"; }
  [[nodiscard]] duration mean_interval() const override { return duration{15'000}; }

  void inject(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers));
    const auto kind = random.chance(70) ? crash_kind::process_killed : crash_kind::power_lost;
    target.run_history().record(
        fault_injected{"worker_crash worker=" + cluster::worker_name(index)});
    target.crash_worker(index, kind, draw_span(random, duration{100}, duration{20'000}));
  }
};

} // namespace

std::unique_ptr<fault> worker_crash() {
  return std::make_unique<worker_crash_fault>();
}

} // namespace belfry::sim
