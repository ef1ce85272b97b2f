#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Multiplies the latency of every message for a while.
class slow_link_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "slow_link"; }
  [[nodiscard]] duration mean_interval() const override { return duration{20'000}; }

  void inject(cluster& target, prng& random) override {
    const auto factor = static_cast<std::uint32_t>(10 + random.below(500));
    target.run_history().record(fault_injected{"slow_link factor=" + std::to_string(factor)});
    auto& sim_world = target.sim_world();
    sim_world.network().slow_down(factor);
    sim_world.after(draw_span(random, duration{500}, duration{10'000}),
                    [&sim_world] { sim_world.network().slow_down(1); });
  }
};

} // namespace

std::unique_ptr<fault> slow_link() {
  return std::make_unique<slow_link_fault>();
}

} // namespace belfry::sim
