#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace belfry::sim {

namespace {

/// One actor of the server ends, as if it had thrown; its supervisor starts it again. Sometimes it
/// ends again and again, until the supervisor gives it up and the node with it.
class actor_kill_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "actor_kill"; }
  [[nodiscard]] duration mean_interval() const override { return duration{12'000}; }

  void inject(cluster& target, prng& random) override {
    inject_one(target, random);
    constexpr std::uint64_t soon_max = 1'500;
    if (random.chance(30)) // One falls while another gets up.
      target.sim_world().after(std::chrono::milliseconds{random.below(soon_max)},
                               [&target, random]() mutable { inject_one(target, random); });
  }

private:
  /// More than a supervisor bears within its window.
  static constexpr int kills_for_good = 12;

  static void inject_one(cluster& target, prng& random) {
    const auto server = target.draw_server(random);
    const auto chosen = random.below(target.options().shards + (target.is_shared() ? 3U : 2U));
    std::string name = "shard";
    std::uint16_t index = 0;
    if (chosen == 0)
      name = "journal_keeper";
    else if (chosen == 1)
      name = "dispatcher";
    else if (chosen == target.options().shards + 2U)
      name = "cluster_keeper";
    else
      index = static_cast<std::uint16_t>(chosen - 2);
    const bool is_for_good = random.chance(10);
    target.run_history().record(fault_injected{
        (is_for_good ? "actor_killed_for_good name=" : "actor_kill name=") + name +
        " index=" + std::to_string(index) + " node=" + cluster::server_name(server)});
    kill(target, server, name, index, is_for_good ? kills_for_good : 1);
  }

  static void kill(cluster& target, std::uint32_t server, const std::string& name,
                   std::uint16_t index, int times) {
    constexpr duration between{4'000};
    if (const auto victim = target.server_child(server, name, index))
      caf::anon_send_exit(victim, caf::exit_reason::unhandled_exception);
    if (times > 1)
      target.sim_world().after(between, [&target, server, name, index, times] {
        kill(target, server, name, index, times - 1);
      });
  }
};

} // namespace

std::unique_ptr<fault> actor_kill() {
  return std::make_unique<actor_kill_fault>();
}

} // namespace belfry::sim
