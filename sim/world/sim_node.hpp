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

/// Observes the messages that the actors of a process receive and send.
class message_listener {
public:
  virtual ~message_listener() = default;
  /// `receiver` is about to handle `message`.
  virtual void on_handle(const std::string& /*node*/, const caf::scheduled_actor& /*receiver*/,
                         const caf::type_erased_tuple& /*message*/) {}
  /// `message` leaves the process, or is dropped because its receiver is known to have ended.
  virtual void on_send(const std::string& /*node*/, const caf::message& /*message*/) {}
  /// Lets `actor` (null: a job of CAF's own) handle one message; to be overridden by a listener
  /// that measures it.
  virtual void run(const std::string& /*node*/, const caf::scheduled_actor* /*actor*/,
                   caf::scheduler::test_coordinator& scheduler) {
    scheduler.run_once();
  }
};

struct node_setup {
  std::string name; ///< of the node and its machine: the host that peers connect to
  machine machine_index = 0;
  std::uint64_t incarnation = 0; ///< greater than that of the previous incarnation
  std::function<machine(const std::string&)> resolve; ///< the machine of a host name
  message_listener* listener = nullptr;
};

/// One incarnation of a simulated process: an actor system without threads. It uses the world's
/// clock and sends messages to other processes as bytes through the simulated network.
///
/// Owned by the world, which alone runs it.
class sim_node : public endpoint, public caf::proxy_registry::backend, public message_sink {
public:
  sim_node(node_setup setup, sim_network& network, trace& run_trace);
  ~sim_node() override;

  [[nodiscard]] caf::actor_system& system() { return *system_; }
  [[nodiscard]] const std::string& name() const { return setup_.name; }
  [[nodiscard]] machine machine_index() const { return setup_.machine_index; }
  /// Answers `(connect_atom, host, port)` as CAF's middleman does.
  [[nodiscard]] const caf::actor& transport() const { return transport_; }

  /// Lets other nodes connect to `target`.
  void publish(const caf::actor& target, std::uint16_t port);
  /// Keeps a root actor, so that the memory of a dead node can be reclaimed from it.
  void retain_root(caf::actor root) { roots_.push_back(std::move(root)); }

  // --- for the world ---

  /// How many actors can run now.
  [[nodiscard]] std::size_t runnable_count() const;
  /// Lets the `ready`th of the actors that can run handle one message.
  void run(std::size_t ready);
  void flush();
  /// When the next timer fires or a slowed-down actor can continue.
  [[nodiscard]] std::optional<world_time> next_event() const;
  void set_time(world_time now);
  void fire_timeouts();
  /// No message leaves any more: whatever its actors do from now on has no effect.
  void mark_dead();
  [[nodiscard]] bool is_dead() const { return is_dead_; }

  // --- for faults ---

  /// Neither actors nor timers of the process run until then.
  void freeze(world_time until) { frozen_until_ = std::max(frozen_until_, until); }
  [[nodiscard]] bool is_frozen() const { return now_ < frozen_until_; }
  [[nodiscard]] world_time frozen_until() const { return frozen_until_; }
  /// From now on each message takes `cost` to handle: those of `target`, which delays that actor
  /// alone, or, without `target`, all messages, as the process has one processor. Zero ends it.
  void slow_down(world_time cost, caf::actor_id target = caf::invalid_actor_id);

  /// For the transport: connects, and reports the result to the transport under `number`.
  void dial(const std::string& host, std::uint16_t port, std::uint64_t number);

  // --- for the network ---

  [[nodiscard]] const caf::node_id& id() const override { return id_; }
  [[nodiscard]] std::uint64_t published(std::uint16_t port) const override;
  void deliver(const packet& incoming) override;
  void on_disconnected(const caf::node_id& peer) override;

private:
  struct serial_unit : caf::execution_unit {
    void begin(caf::actor_system& system, caf::proxy_registry& proxies,
               caf::scheduler::test_coordinator& coordinator);
    void exec_later(caf::resumable* job) override { scheduler->jobs.push_back(job); }
    caf::scheduler::test_coordinator* scheduler = nullptr;
  };

  caf::strong_actor_ptr make_proxy(caf::node_id node, caf::actor_id actor) override;
  void set_last_hop(caf::node_id*) override {}
  void send_remote(outgoing_message message) override;
  void drop(const caf::message& message) override;
  void transmit(outgoing_message& message);
  void watch(std::uint64_t actor, const caf::node_id& observer);
  void send_down(std::uint64_t actor, const caf::node_id& observer, const caf::error& reason);
  void drop_for_dead_actor(const packet& incoming);
  void deliver_to_actor(const packet& incoming);
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
  caf::scheduler::test_coordinator* scheduler_ = nullptr; // Owned by the system.
  std::unique_ptr<caf::proxy_registry> proxies_;
  serial_unit unit_;
  caf::actor transport_;
  std::map<std::uint16_t, caf::actor> published_;
  std::vector<caf::actor> roots_;
  std::vector<outgoing_message> outgoing_messages_;
  std::set<std::pair<std::uint64_t, caf::node_id>> watched_;
  std::shared_ptr<sim_node*> self_; // Null once dead: the network may answer later.
  world_time now_{};
  world_time frozen_until_{};
  world_time message_cost_{}; // Of `slow_actor_`.
  world_time busy_until_{};   // That actor, or the whole process.
  caf::actor_id slow_actor_ = caf::invalid_actor_id;
  bool is_dead_ = false;
};

} // namespace belfry::sim
