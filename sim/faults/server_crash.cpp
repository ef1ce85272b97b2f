#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

#include <array>

namespace belfry::sim {

namespace {

/// The server's process is killed or its machine loses power; writes that were not synced are kept,
/// dropped or torn.
class server_crash_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "server_crash"; }
  [[nodiscard]] duration mean_interval() const override { return duration{20'000}; }

  void inject(cluster& target, prng& random) override {
    constexpr std::array modes{crash_mode::keep, crash_mode::drop, crash_mode::tear};
    constexpr std::array words{"keep", "drop", "tear"};
    const auto mode = random.below(modes.size());
    const auto how = random.chance(70) ? crash_kind::process_killed : crash_kind::power_lost;
    target.run_history().record(
        fault_injected{std::string{"server_crash unsynced="} + words[mode]});
    target.crash_server(target.draw_server(random), how, modes[mode],
                        draw_span(random, duration{100}, duration{20'000}));
  }
};

} // namespace

std::unique_ptr<fault> server_crash() {
  return std::make_unique<server_crash_fault>();
}

} // namespace belfry::sim
