#pragma once

#include "world/sim_network.hpp"
#include "world/sim_proxy.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/execution_unit.hpp>
#include <caf/proxy_registry.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/type_erased_tuple.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace caf {
class scheduled_actor;
}

namespace belfry::sim {

/// Hears what the actors of a process receive and send.
class message_listener {
public:
  virtual ~message_listener() = default;
  /// `who` is about to handle `what`.
  virtual void on_handle(const std::string& /*node*/, const caf::scheduled_actor& /*who*/,
                         const caf::type_erased_tuple& /*what*/) {}
  /// `what` leaves the process, or is sent to somebody who is known to be gone.
  virtual void on_send(const std::string& /*node*/, const caf::message& /*what*/) {}
  /// Lets `actor` (null: a job of CAF's own) handle one message; to be overridden by a listener
  /// that measures it.
  virtual void run(const std::string& /*node*/, const caf::scheduled_actor* /*actor*/,
                   caf::scheduler::test_coordinator& scheduler) {
    scheduler.run_once();
  }
};

struct node_setup {
  std::string name; ///< also of its machine: what others connect to
  machine at = 0;
  std::uint64_t incarnation = 0;                      ///< greater than that of its forerunner
  std::function<machine(const std::string&)> resolve; ///< the machine of a host name
  message_listener* listener = nullptr;
};

/// One life of one simulated process: an actor system without threads, whose clock is the world's
/// and whose messages to other processes go through the network as bytes.
///
/// Owned by the world, which alone makes it run.
class sim_node : public endpoint, public caf::proxy_registry::backend, public message_sink {
public:
  sim_node(node_setup setup, sim_network& network, trace& events);
  ~sim_node() override;

  [[nodiscard]] caf::actor_system& system() { return *system_; }
  [[nodiscard]] const std::string& name() const { return setup_.name; }
  [[nodiscard]] machine where() const { return setup_.at; }
  /// Answers `(connect_atom, host, port)` as CAF's middleman does.
  [[nodiscard]] const caf::actor& transport() const { return transport_; }

  /// Lets other nodes connect to `who`.
  void publish(const caf::actor& who, std::uint16_t port);
  /// Names an actor that others depend on, so that the memory of a dead node can be reclaimed.
  void retain_root(caf::actor root) { roots_.push_back(std::move(root)); }

  // --- for the world ---

  /// How many actors can run at this moment.
  [[nodiscard]] std::size_t jobs() const;
  /// Lets one of the actors that can run handle one message.
  void run(std::size_t ready);
  void flush();
  /// When the next timer rings or an actor that was held up can go on.
  [[nodiscard]] std::optional<world_time> next_event() const;
  void set_time(world_time now);
  void fire_timeouts();
  /// No word leaves any more. What its actors are told and do from now on is without consequence.
  void mark_dead();
  [[nodiscard]] bool is_dead() const { return is_dead_; }

  // --- for faults ---

  /// Nothing in the process moves until then: neither actors nor timers.
  void freeze(world_time until) { frozen_until_ = std::max(frozen_until_, until); }
  [[nodiscard]] bool is_frozen() const { return now_ < frozen_until_; }
  [[nodiscard]] world_time frozen_until() const { return frozen_until_; }
  /// From now on every message costs this much time: of one actor, which alone waits for it, or,
  /// without `who`, of all, since the process has one processor. Zero: none.
  void slow_down(world_time cost, caf::actor_id who = caf::invalid_actor_id);

  /// For the transport: connects, and says so to the transport with `number`.
  void dial(const std::string& host, std::uint16_t port, std::uint64_t number);

  // --- for the network ---

  [[nodiscard]] const caf::node_id& id() const override { return id_; }
  [[nodiscard]] std::uint64_t published(std::uint16_t port) const override;
  void deliver(const packet& what) override;
  void on_disconnected(const caf::node_id& peer) override;

private:
  struct serial_unit : caf::execution_unit {
    void begin(caf::actor_system& system, caf::proxy_registry& proxies,
               caf::scheduler::test_coordinator& to);
    void exec_later(caf::resumable* job) override { scheduler->jobs.push_back(job); }
    caf::scheduler::test_coordinator* scheduler = nullptr;
  };

  caf::strong_actor_ptr make_proxy(caf::node_id node, caf::actor_id actor) override;
  void set_last_hop(caf::node_id*) override {}
  void send_remote(outgoing_message what) override;
  void drop(const caf::message& what) override;
  void transmit(outgoing_message& what);
  void watch(std::uint64_t actor, const caf::node_id& observer);
  void send_down(std::uint64_t actor, const caf::node_id& observer, const caf::error& why);
  void drop_for_dead_actor(const packet& what);
  void deliver_to_actor(const packet& what);
  [[nodiscard]] caf::strong_actor_ptr actor_of(const caf::node_id& node, std::uint64_t actor);
  void reclaim();
  void run_out(std::chrono::seconds span);
  [[nodiscard]] bool is_held(const caf::resumable* job) const;
  [[nodiscard]] std::size_t position_of(std::size_t ready) const;

  node_setup setup_;
  sim_network& network_;
  trace& trace_;
  caf::node_id id_;
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr; // The system's.
  std::unique_ptr<caf::proxy_registry> proxies_;
  serial_unit unit_;
  caf::actor transport_;
  std::map<std::uint16_t, caf::actor> published_;
  std::vector<caf::actor> roots_;
  std::vector<outgoing_message> outgoing_messages_;
  std::set<std::pair<std::uint64_t, caf::node_id>> watched_;
  std::shared_ptr<sim_node*> self_; // Empties when it dies: the network's answers come later.
  world_time now_{};
  world_time frozen_until_{};
  world_time message_cost_{}; // Of `slow_actor_`.
  world_time busy_until_{};   // It, or the whole process.
  caf::actor_id slow_actor_ = caf::invalid_actor_id;
  bool is_dead_ = false;
};

} // namespace belfry::sim
