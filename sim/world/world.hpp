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
  message_listener* listener = nullptr; ///< of all nodes; outlives the world
  instant begin = world_begin;          ///< when the world begins
  /// Actors that exchange more messages in a second will do so for ever.
  std::uint64_t steps_per_second_max = 10'000'000;
};

/// How a process ends without a word.
enum class crash_kind : std::uint8_t {
  process_killed, ///< its machine goes on and resets its connections
  power_lost,     ///< nobody is told
};

/// Several nodes, the network between them and their time, in one thread.
///
/// All chance comes from the seed: which actor runs next and how long messages take. Time stands
/// still while an actor can run, and then jumps to the next thing that is to happen.
class world {
public:
  explicit world(world_options options);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Boots a node. Requires: none of that name is running.
  sim_node& start(const std::string& name);
  /// Ends a node's life at the present moment; never from one of its own actors: use `after`.
  void kill(const std::string& name, crash_kind how);
  /// Stops a node in its tracks, as SIGSTOP does, and lets it go on after `span`.
  void freeze(const std::string& name, world_time span);
  /// The running node of that name, or null.
  [[nodiscard]] sim_node* find(const std::string& name) const;

  /// Lets time pass. Returns the number of messages handled.
  std::uint64_t run_for(world_time span);
  /// Does the next thing that is to happen by `until`. Returns false if there is none.
  bool step(world_time until);

  /// Does `deed` when `delay` has passed.
  void after(world_time delay, std::function<void()> action) {
    plan_.add(*elapsed_ + delay, std::move(action));
  }

  [[nodiscard]] world_time elapsed() const { return *elapsed_; }
  [[nodiscard]] instant now() const { return clock_->now(); }
  [[nodiscard]] std::shared_ptr<const clock> wall_clock() const { return clock_; }
  [[nodiscard]] prng& random() { return random_; }
  [[nodiscard]] sim_network& network() { return network_; }
  [[nodiscard]] trace& events() { return trace_; }
  [[nodiscard]] machine where(const std::string& name);
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  /// Whether a dead node's memory is being reclaimed: what is heard meanwhile is not real.
  [[nodiscard]] bool is_reclaiming() const { return is_reclaiming_; }

private:
  void flush();
  bool run_an_actor();
  [[nodiscard]] std::optional<world_time> next_event() const;
  void move_to(world_time moment);

  std::shared_ptr<world_time> elapsed_;
  std::shared_ptr<sim_clock> clock_;
  message_listener* listener_;
  prng random_;
  event_queue plan_;
  trace trace_;
  sim_network network_;
  std::vector<std::string> machines_;            // Their names, by number.
  std::vector<std::unique_ptr<sim_node>> nodes_; // By machine; null: nothing runs there.
  std::uint64_t incarnations_ = 0;               // Started so far.
  std::uint64_t steps_ = 0;
  std::uint64_t steps_before_ = 0;        // When time last moved.
  std::uint64_t steps_before_second_ = 0; // When the present second began.
  const std::uint64_t steps_per_second_max_;
  bool is_reclaiming_ = false;
};

} // namespace belfry::sim
