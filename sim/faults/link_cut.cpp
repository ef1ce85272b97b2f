#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Breaks the connection of the server to the client or a worker, or blocks it for a while.
class link_cut_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "link_cut"; }
  [[nodiscard]] duration mean_interval() const override { return duration{10'000}; }

  void inject(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers + 1));
    const auto name = index == target.options().workers ? std::string{cluster::client_name}
                                                        : cluster::worker_name(index);
    auto& sim_world = target.sim_world();
    const auto server = sim_world.machine_of(cluster::server_name(target.draw_server(random)));
    const auto peer = sim_world.machine_of(name);
    if (random.chance(50)) {
      target.run_history().record(fault_injected{"link_cut peer=" + name});
      return sim_world.network().cut(server, peer);
    }
    const auto span = draw_span(random, duration{200}, duration{25'000});
    target.run_history().record(
        fault_injected{"link_blocked peer=" + name + " span_ms=" + std::to_string(span.count())});
    sim_world.network().block(server, peer);
    sim_world.after(span,
                    [&sim_world, server, peer] { sim_world.network().unblock(server, peer); });
  }
};

} // namespace

std::unique_ptr<fault> link_cut() {
  return std::make_unique<link_cut_fault>();
}

} // namespace belfry::sim
