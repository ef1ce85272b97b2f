#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

#include <array>

namespace belfry::sim {

namespace {

/// Kills the server's process or cuts the power of its machine; unsynced writes are kept, dropped
/// or torn.
class server_crash_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "server_crash"; }
  [[nodiscard]] duration mean_interval() const override { return duration{20'000}; }

  void inject(cluster& target, prng& random) override {
    constexpr std::array modes{crash_mode::keep, crash_mode::drop, crash_mode::tear};
    constexpr std::array mode_names{"keep", "drop", "tear"};
    const auto mode = random.below(modes.size());
    const auto kind = random.chance(70) ? crash_kind::process_killed : crash_kind::power_lost;
    target.run_history().record(
        fault_injected{std::string{"server_crash unsynced="} + mode_names[mode]});
    target.crash_server(target.draw_server(random), kind, modes[mode],
                        draw_span(random, duration{100}, duration{20'000}));
  }
};

} // namespace

std::unique_ptr<fault> server_crash() {
  return std::make_unique<server_crash_fault>();
}

} // namespace belfry::sim
