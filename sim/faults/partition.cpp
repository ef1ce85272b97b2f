#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// For a while messages from or to a server, or both, are blocked: with one peer, some, or all.
class partition_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "partition"; }
  [[nodiscard]] duration mean_interval() const override { return duration{20'000}; }

  void inject(cluster& target, prng& random) override {
    const auto span = draw_span(random, duration{200}, duration{40'000});
    const auto direction = random.below(3);
    const auto server = cluster::server_name(target.draw_server(random));
    const auto share = static_cast<std::uint32_t>(random.chance(30) ? 100 : 50);
    target.run_history().record(fault_injected{"partition direction=" + std::to_string(direction) +
                                               " share=" + std::to_string(share) +
                                               " span_ms=" + std::to_string(span.count())});
    for (std::uint32_t index = 0; index < target.options().workers; ++index)
      if (random.chance(share))
        separate(target.sim_world(), server, cluster::worker_name(index), direction, span);
    if (random.chance(share))
      separate(target.sim_world(), server, cluster::client_name, direction, span);
    for (std::uint32_t index = 0; index < target.options().servers; ++index)
      if (target.is_shared() && cluster::server_name(index) != server && random.chance(share))
        separate(target.sim_world(), server, cluster::server_name(index), direction, span);
  }

private:
  static void separate(world& sim_world, const std::string& name, const std::string& peer,
                       std::uint64_t direction, duration span) {
    const auto server = sim_world.machine_of(name);
    const auto other = sim_world.machine_of(peer);
    if (direction != 0)
      sim_world.network().block_one_way(server, other);
    if (direction != 1)
      sim_world.network().block_one_way(other, server);
    sim_world.after(span,
                    [&sim_world, server, other] { sim_world.network().unblock(server, other); });
  }
};

} // namespace

std::unique_ptr<fault> partition() {
  return std::make_unique<partition_fault>();
}

} // namespace belfry::sim
