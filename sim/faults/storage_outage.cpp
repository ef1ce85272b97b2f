#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// The storage is unavailable for a while, as a database during a restart. Sometimes the answer to
/// a write is lost first.
class storage_outage_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "storage_outage"; }
  [[nodiscard]] duration mean_interval() const override { return duration{25'000}; }

  void inject(cluster& target, prng& random) override {
    const bool is_doubtful = random.chance(60);
    const bool is_written = random.chance(50);
    target.run_history().record(
        fault_injected{is_doubtful ? "storage_in_doubt" : "storage_outage"});
    if (is_doubtful)
      target.disk().leave_next_write_in_doubt(is_written);
    if (is_doubtful && random.chance(50))
      return; // The storage is available again at once.
    target.disk().set_unreachable(true);
    target.sim_world().after(draw_span(random, duration{100}, duration{20'000}),
                             [this, &target] { heal(target); });
  }

  void heal(cluster& target) override { target.disk().set_unreachable(false); }
};

} // namespace

std::unique_ptr<fault> storage_outage() {
  return std::make_unique<storage_outage_fault>();
}

} // namespace belfry::sim
