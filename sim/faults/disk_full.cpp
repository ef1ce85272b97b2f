#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The disk is short of space for a while: too full for new tasks, or for any write at all.
class disk_full_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "disk_full"; }
  [[nodiscard]] duration mean_interval() const override { return duration{40'000}; }

  void inject(cluster& target, prng& random) override {
    const bool is_quite_full = random.chance(40);
    target.run_history().record(fault_injected{is_quite_full ? "disk_full" : "disk_nearly_full"});
    target.disk().set_nearly_full(true);
    target.disk().set_full(is_quite_full);
    target.sim_world().after(draw_span(random, duration{500}, duration{15'000}),
                             [this, &target] { heal(target); });
  }

  void heal(cluster& target) override {
    if (target.disk().has_space())
      return;
    target.run_history().record(fault_injected{"disk_has_space"});
    target.disk().set_nearly_full(false);
    target.disk().set_full(false);
  }
};

} // namespace

std::unique_ptr<fault> disk_full() {
  return std::make_unique<disk_full_fault>();
}

} // namespace belfry::sim
