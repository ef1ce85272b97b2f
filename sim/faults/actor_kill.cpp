#include "cluster.hpp"
#include "faults/fault.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace belfry::sim {

namespace {

/// One actor of the server ends, as if it had thrown; its supervisor starts it again.
class actor_kill_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "actor_kill"; }
  [[nodiscard]] duration gap() const override { return duration{12'000}; }

  void strike(cluster& target, prng& random) override {
    const auto chosen = random.below(target.options().shards + 2U);
    std::string name = "shard";
    std::uint16_t index = 0;
    if (chosen == 0)
      name = "journal_keeper";
    else if (chosen == 1)
      name = "dispatcher";
    else
      index = static_cast<std::uint16_t>(chosen - 2);
    const auto victim = target.server_child(name, index);
    if (!victim)
      return;
    target.seen().tell(fault_struck{"actor_kill name=" + name + " index=" + std::to_string(index)});
    caf::anon_send_exit(victim, caf::exit_reason::unhandled_exception);
  }
};

} // namespace

std::unique_ptr<fault> actor_kill() {
  return std::make_unique<actor_kill_fault>();
}

} // namespace belfry::sim
