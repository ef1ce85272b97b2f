#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// A worker's process is killed, or its machine loses power.
class worker_crash_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "worker_crash"; }
  [[nodiscard]] duration gap() const override { return duration{15'000}; }

  void strike(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers));
    const auto how = random.chance(70) ? death::process_killed : death::power_lost;
    target.seen().tell(fault_struck{"worker_crash worker=" + cluster::worker_name(index)});
    target.crash_worker(index, how, draw_span(random, duration{100}, duration{20'000}));
  }
};

} // namespace

std::unique_ptr<fault> worker_crash() {
  return std::make_unique<worker_crash_fault>();
}

} // namespace belfry::sim
