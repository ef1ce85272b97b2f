#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace belfry::sim {

namespace {

/// Ends one actor of the server as if it had thrown; its supervisor restarts it. Sometimes the
/// actor ends repeatedly until its restart budget is used up and the node ends.
class actor_kill_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "actor_kill"; }
  [[nodiscard]] duration mean_interval() const override { return duration{12'000}; }

  void inject(cluster& target, prng& random) override {
    kill_one(target, random);
    constexpr std::uint64_t soon_max = 1'500;
    if (random.chance(30)) // A second one during the restart of the first.
      target.sim_world().after(std::chrono::milliseconds{random.below(soon_max)},
                               [&target, random]() mutable { kill_one(target, random); });
  }

private:
  /// More than the restart budget of a supervisor.
  static constexpr int repeated_kills = 12;

  static void kill_one(cluster& target, prng& random) {
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
    const bool is_repeated = random.chance(10);
    target.run_history().record(fault_injected{
        (is_repeated ? "actor_killed_repeatedly name=" : "actor_kill name=") + name +
        " index=" + std::to_string(index) + " node=" + cluster::server_name(server)});
    kill(target, server, name, index, is_repeated ? repeated_kills : 1);
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
