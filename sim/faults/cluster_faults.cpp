#include "faults/fault.hpp"
#include "scenario/cluster.hpp"

namespace belfry::sim {

namespace {

/// Cuts a server off from the shared storage.
class storage_cut_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "storage_cut"; }
  [[nodiscard]] duration mean_interval() const override { return duration{15'000}; }

  void inject(cluster& target, prng& random) override {
    const auto server = target.draw_server(random);
    const auto span = draw_span(random, duration{100}, duration{30'000});
    target.run_history().record(fault_injected{"storage_cut node=" + cluster::server_name(server) +
                                               " span_ms=" + std::to_string(span.count())});
    target.cut_off_server(server, true);
    target.sim_world().after(span, [&target, server] { target.cut_off_server(server, false); });
  }

  void heal(cluster& target) override {
    for (std::uint32_t server = 0; server < target.options().servers; ++server)
      target.cut_off_server(server, false);
  }
};

/// Crashes the shared storage, which restarts at once without its unsynced writes.
class storage_crash_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "storage_crash"; }
  [[nodiscard]] duration mean_interval() const override { return duration{25'000}; }

  void inject(cluster& target, prng& random) override {
    if (!target.is_shared())
      return;
    const auto mode = random.chance(50) ? crash_mode::drop : crash_mode::tear;
    target.run_history().record(fault_injected{"storage_crash"});
    target.crash_storage(mode);
  }
};

/// Stops a server gracefully and starts it again, as for an upgrade.
class server_restart_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "server_restart"; }
  [[nodiscard]] duration mean_interval() const override { return duration{15'000}; }

  void inject(cluster& target, prng& random) override {
    const auto server = target.draw_server(random);
    const auto pause = draw_span(random, duration{100}, duration{20'000});
    target.run_history().record(
        fault_injected{"server_restart node=" + cluster::server_name(server) +
                       " pause_ms=" + std::to_string(pause.count())});
    target.restart_server(server, pause);
  }
};

/// Drains a server, and later undrains it.
class drain_fault : public fault {
public:
  [[nodiscard]] std::string name() const override { return "drain"; }
  [[nodiscard]] duration mean_interval() const override { return duration{10'000}; }

  void inject(cluster& target, prng& random) override {
    if (!target.is_shared())
      return;
    const auto name = cluster::server_name(target.draw_server(random));
    target.run_history().record(fault_injected{"drain node=" + name});
    target.client().drain(name, false);
    target.sim_world().after(draw_span(random, duration{100}, duration{20'000}),
                             [&target, name] { target.client().drain(name, true); });
  }

  void heal(cluster& target) override {
    for (std::uint32_t server = 0; server < target.options().servers; ++server)
      target.client().drain(cluster::server_name(server), true);
  }
};

} // namespace

std::unique_ptr<fault> storage_cut() {
  return std::make_unique<storage_cut_fault>();
}

std::unique_ptr<fault> storage_crash() {
  return std::make_unique<storage_crash_fault>();
}

std::unique_ptr<fault> server_restart() {
  return std::make_unique<server_restart_fault>();
}

std::unique_ptr<fault> drain() {
  return std::make_unique<drain_fault>();
}

} // namespace belfry::sim
