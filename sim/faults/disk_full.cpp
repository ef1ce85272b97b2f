#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The disk has no room for a while: first only for new work, perhaps for nothing at all.
class disk_full_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "disk_full"; }
  [[nodiscard]] duration gap() const override { return duration{40'000}; }

  void strike(cluster& target, prng& random) override {
    const bool is_quite_full = random.chance(40);
    target.seen().tell(fault_struck{is_quite_full ? "disk_full" : "disk_nearly_full"});
    target.disk().set_nearly_full(true);
    target.disk().set_full(is_quite_full);
    target.inside().after(draw_span(random, duration{500}, duration{15'000}),
                          [this, &target] { heal(target); });
  }

  void heal(cluster& target) override {
    if (target.disk().has_room())
      return;
    target.seen().tell(fault_struck{"disk_has_room"});
    target.disk().set_nearly_full(false);
    target.disk().set_full(false);
  }
};

} // namespace

std::unique_ptr<fault> disk_full() {
  return std::make_unique<disk_full_fault>();
}

} // namespace belfry::sim
