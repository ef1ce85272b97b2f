#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The server dies, and finds a bit of its journal flipped when it comes back. It cannot serve
/// until somebody brings the right bytes, as from a backup.
class bit_flip_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "bit_flip"; }
  [[nodiscard]] duration gap() const override { return duration{40'000}; }

  void strike(cluster& target, prng& random) override {
    heal(target); // One at a time.
    target.crash_server(0, death::process_killed, crash_mode::keep,
                        draw_span(random, duration{100}, duration{5'000}));
    const auto shard = target.disk().damage(random.next());
    if (!shard)
      return;
    target.seen().tell(fault_struck{"disk_bit_flip"});
    target.seen().tell(disk_damaged{*shard});
    target.inside().after(draw_span(random, duration{500}, duration{15'000}),
                          [this, &target] { heal(target); });
  }

  void heal(cluster& target) override {
    target.disk().repair();
    target.seen().tell(disk_repaired{});
  }
};

} // namespace

std::unique_ptr<fault> bit_flip() {
  return std::make_unique<bit_flip_fault>();
}

} // namespace belfry::sim
