#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The server crashes, and a bit of its journal is flipped when it restarts. The shard cannot serve
/// until its bytes are restored, as from a backup.
class bit_flip_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "bit_flip"; }
  [[nodiscard]] duration mean_interval() const override { return duration{40'000}; }

  void inject(cluster& target, prng& random) override {
    heal(target); // One at a time.
    target.crash_server(0, crash_kind::process_killed, crash_mode::keep,
                        draw_span(random, duration{100}, duration{5'000}));
    const auto shard = target.disk().corrupt_batch(random.next());
    if (!shard)
      return;
    target.run_history().record(fault_injected{"disk_bit_flip"});
    target.run_history().record(disk_damaged{*shard});
    target.sim_world().after(draw_span(random, duration{500}, duration{15'000}),
                             [this, &target] { heal(target); });
  }

  void heal(cluster& target) override {
    target.disk().repair();
    target.run_history().record(disk_repaired{});
  }
};

} // namespace

std::unique_ptr<fault> bit_flip() {
  return std::make_unique<bit_flip_fault>();
}

} // namespace belfry::sim
