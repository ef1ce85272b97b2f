#pragma once

#include "world/event_queue.hpp"
#include "world/sim_clock.hpp"
#include "world/sim_network.hpp"
#include "world/sim_node.hpp"
#include "world/trace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace belfry::sim {

struct world_options {
  std::uint64_t seed = 1;
  network_options network{};
  message_listener* listener = nullptr;    ///< of all nodes; outlives the world
  instant start_time = default_start_time; ///< the wall clock when the world starts
  /// More messages in a second count as an endless exchange.
  std::uint64_t steps_per_second_max = 10'000'000;
};

/// How a process is killed.
enum class crash_kind : std::uint8_t {
  process_killed, ///< its machine keeps running and resets its connections
  power_lost,     ///< no peer is notified
};

/// Several nodes, the network between them and their virtual time, in one thread.
///
/// The seed decides all random choices: which actor runs next and how long messages take. Virtual
/// time stops while an actor can run, and then jumps to the next event.
class world {
public:
  explicit world(world_options options);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Starts a node. Requires: no node of that name is running.
  sim_node& start(const std::string& name);
  /// Kills a node now. Requires: no actor of that node calls this; it would use `after`.
  void kill(const std::string& name, crash_kind kind);
  /// Suspends a node, as SIGSTOP does, and resumes it after `span`.
  void freeze(const std::string& name, world_time span);
  /// Returns the running node of that name, or null.
  [[nodiscard]] sim_node* find(const std::string& name) const;

  /// Advances time by `span`. Returns the number of messages handled.
  std::uint64_t run_for(world_time span);
  /// Handles the next event that is due by `until`. Returns false if there is none.
  bool step(world_time until);

  /// Runs `action` after `delay`.
  void after(world_time delay, std::function<void()> action) {
    events_.add(*elapsed_ + delay, std::move(action));
  }

  [[nodiscard]] world_time elapsed() const { return *elapsed_; }
  [[nodiscard]] instant now() const { return clock_->now(); }
  [[nodiscard]] std::shared_ptr<const clock> wall_clock() const { return clock_; }
  [[nodiscard]] prng& random() { return random_; }
  [[nodiscard]] sim_network& network() { return network_; }
  [[nodiscard]] trace& run_trace() { return trace_; }
  [[nodiscard]] machine machine_of(const std::string& name);
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  /// Whether a dead node's memory is being reclaimed: whatever is observed meanwhile is no part of
  /// the run.
  [[nodiscard]] bool is_reclaiming() const { return is_reclaiming_; }

private:
  void flush();
  bool run_actor();
  [[nodiscard]] std::optional<world_time> next_event() const;
  void move_to(world_time moment);

  std::shared_ptr<world_time> elapsed_;
  std::shared_ptr<sim_clock> clock_;
  message_listener* listener_;
  prng random_;
  event_queue events_;
  trace trace_;
  sim_network network_;
  std::vector<std::string> machines_;            // Names, by number.
  std::vector<std::unique_ptr<sim_node>> nodes_; // By machine; null: no process runs there.
  std::uint64_t incarnations_ = 0;               // Started so far.
  std::uint64_t steps_ = 0;
  std::uint64_t steps_before_ = 0;        // When time last advanced.
  std::uint64_t steps_before_second_ = 0; // When the present second started.
  const std::uint64_t steps_per_second_max_;
  bool is_reclaiming_ = false;
};

} // namespace belfry::sim
