#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Sets the wall clock of the server's machine wrong, and later right again.
class clock_step_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "clock_step"; }
  [[nodiscard]] duration mean_interval() const override { return duration{25'000}; }

  void inject(cluster& target, prng& random) override {
    const auto size = draw_span(random, duration{1}, std::chrono::hours{1});
    set_wrong_by(target, random.chance(50) ? size : -size);
    target.sim_world().after(draw_span(random, duration{500}, duration{90'000}),
                             [this, &target] { heal(target); });
  }

  void heal(cluster& target) override { set_wrong_by(target, duration{0}); }

private:
  static void set_wrong_by(cluster& target, duration error) {
    target.run_history().record(
        fault_injected{"clock_step wrong_by_ms=" + std::to_string(error.count())});
    target.time_of_server(0).set_wrong_by(error);
  }
};

} // namespace

std::unique_ptr<fault> clock_step() {
  return std::make_unique<clock_step_fault>();
}

} // namespace belfry::sim
