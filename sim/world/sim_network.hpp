#pragma once

#include "random/prng.hpp"
#include "world/event_queue.hpp"
#include "world/sim_clock.hpp"
#include "world/trace.hpp"

#include <caf/message_id.hpp>
#include <caf/node_id.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace belfry::sim {

/// A place where processes live, one at a time: what a host name stands for.
using machine = std::uint32_t;

/// Something under way from one process to another.
struct packet {
  enum class content : std::uint8_t {
    message, ///< `bytes` hold a message for the actor `receiver`
    watch,   ///< tell when the actor `receiver` is dead
    down,    ///< the actor `sender` is dead; `bytes` hold why
  };

  content what = content::message;
  caf::node_id from; ///< the process it comes from
  caf::node_id to;
  caf::node_id sender_node;
  std::uint64_t sender = 0; ///< 0: nobody
  std::uint64_t receiver = 0;
  caf::message_id id;
  std::vector<char> bytes;
};

/// What the network needs of a process.
class endpoint {
public:
  virtual ~endpoint() = default;

  [[nodiscard]] virtual const caf::node_id& id() const = 0;
  /// The actor published at `port`; 0 if there is none.
  [[nodiscard]] virtual std::uint64_t published(std::uint16_t port) const = 0;
  virtual void deliver(const packet& what) = 0;
  /// The connection to `peer` is lost.
  virtual void on_disconnected(const caf::node_id& peer) = 0;
};

/// Where a connection leads: a process and the actor it published.
struct published_actor {
  caf::node_id process;
  std::uint64_t actor = 0;
};

struct network_options {
  world_time latency_min = std::chrono::microseconds{50};
  world_time latency_max = std::chrono::microseconds{2'000};
  world_time notice = std::chrono::seconds{8}; ///< silence for longer is taken for a loss
  world_time connect_timeout = std::chrono::seconds{4};
};

/// Connections between machines, as TCP makes them: in order and without loss until they break,
/// and then everything under way is gone and both ends notice, each in its own time.
class sim_network {
public:
  sim_network(network_options options, std::shared_ptr<const world_time> now, event_queue& plan,
              prng& random, trace& events)
      : options_(options), now_(std::move(now)), plan_(plan), random_(random), trace_(events) {}

  /// `process` runs on `at` from now on. Requires: it leaves before it is destroyed.
  void join(machine at, endpoint& process);
  /// The process on `at` is gone. Its peers notice at once if its machine is still there to say so.
  void leave(machine at, bool is_machine_gone);

  /// Sends to the process `what.to`; lost if there is no connection to it.
  void send(machine from, packet what);

  /// Connects, and tells where that led; nothing: to nobody.
  void connect(machine from, machine to, std::uint16_t port,
               std::function<void(std::optional<published_actor>)> answered);

  /// Breaks the connection between two machines. A new one can be made at once.
  void cut(machine one, machine other);
  /// Holds everything back until `speak`, and breaks the connection if that takes too long.
  void block(machine one, machine other);
  /// The same for what goes from `one` to `other`; the other way stays open.
  void block_one_way(machine one, machine other);
  void unblock(machine one, machine other);
  /// Multiplies latencies from now on.
  void slow_down(std::uint32_t factor) { latency_factor_ = factor; }

  [[nodiscard]] std::uint64_t packets() const { return packets_; }

private:
  using pair = std::pair<machine, machine>; // The lower one first.

  struct loss {
    machine whose = 0;
    caf::node_id process; // Whose it is; a later one on the same machine never hears of it.
    caf::node_id peer;
  };

  struct link {
    bool is_open = false;
    bool is_blocked = false;       // At least one way.
    std::array<bool, 2> is_held{}; // What goes to the lower machine, to the higher one.
    std::uint64_t epoch = 0;  // Counts openings and closings; packets of an older one are lost.
    std::uint64_t blocks = 0; // Counts them.
    std::array<caf::node_id, 2> processes;
    std::array<world_time, 2> last_arrival{};
    std::vector<packet> held;                        // Arrived while it was silent.
    std::map<std::uint64_t, loss> undetected_losses; // By number.
  };

  static pair between(machine one, machine other) { return std::minmax(one, other); }
  void open(pair ends);
  void close(pair ends, world_time delay);
  void notice(pair ends, std::uint64_t number);
  void arrive(pair ends, std::uint64_t epoch, packet what);
  void launch(pair ends, link& over, packet what);
  [[nodiscard]] endpoint* process_on(machine at) const;
  [[nodiscard]] world_time latency();

  network_options options_;
  std::shared_ptr<const world_time> now_;
  event_queue& plan_;
  prng& random_;
  trace& trace_;
  std::map<machine, endpoint*> processes_;
  std::map<pair, link> links_;
  std::uint64_t losses_ = 0;
  std::uint64_t packets_ = 0;
  std::uint32_t latency_factor_ = 1;
};

} // namespace belfry::sim
