#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Each message takes a process, or its journal keeper alone, some time to handle.
class slow_node_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "slow_node"; }
  [[nodiscard]] duration mean_interval() const override { return duration{20'000}; }

  void inject(cluster& target, prng& random) override {
    const auto index = static_cast<std::uint32_t>(random.below(target.options().workers + 1));
    const auto node_name = index == target.options().workers
                               ? cluster::server_name(target.draw_server(random))
                               : cluster::worker_name(index);
    const std::chrono::microseconds cost{20 + random.below(3'000)};
    slow_down(target, node_name, cost, caf::invalid_actor_id, random);
  }

protected:
  static void slow_down(cluster& target, const std::string& node_name,
                        std::chrono::microseconds cost, caf::actor_id actor, prng& random) {
    auto* node = target.sim_world().find(node_name);
    if (!node)
      return;
    target.run_history().record(fault_injected{"slow_node node=" + node_name +
                                               " actor=" + std::to_string(actor) +
                                               " cost_us=" + std::to_string(cost.count())});
    node->slow_down(cost, actor);
    target.sim_world().after(draw_span(random, duration{500}, duration{15'000}),
                             [&target, node_name] {
                               if (auto* target_node = target.sim_world().find(node_name))
                                 target_node->slow_down(world_time{0});
                             });
  }
};

/// The disk is slow: all requests to the journal keeper are delayed.
class slow_disk_fault : public slow_node_fault {
public:
  [[nodiscard]] std::string name() const override { return "slow_disk"; }

  void inject(cluster& target, prng& random) override {
    const std::chrono::microseconds cost{(1 + random.below(1'000)) * (1 + random.below(1'000))};
    const auto server = target.draw_server(random);
    if (const auto keeper = target.server_child(server, "journal_keeper", 0))
      slow_down(target, cluster::server_name(server), cost, keeper.id(), random);
  }
};

} // namespace

std::unique_ptr<fault> slow_node() {
  return std::make_unique<slow_node_fault>();
}

std::unique_ptr<fault> slow_disk() {
  return std::make_unique<slow_disk_fault>();
}

} // namespace belfry::sim
