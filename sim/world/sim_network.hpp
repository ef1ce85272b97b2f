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

/// A machine, by number: it runs one process at a time and has one host name.
using machine = std::uint32_t;

/// A message between two processes.
struct packet {
  enum class type : std::uint8_t {
    message, ///< `bytes` hold a message for the actor `receiver`
    watch,   ///< asks for `down` when the actor `receiver` ends
    down,    ///< the actor `sender` has ended; `bytes` hold the reason
  };

  type kind = type::message;
  caf::node_id source; ///< the sending process
  caf::node_id destination;
  caf::node_id sender_node;
  std::uint64_t sender = 0; ///< 0: none
  std::uint64_t receiver = 0;
  caf::message_id id;
  std::vector<char> bytes;
};

/// A process as the network sees it.
class endpoint {
public:
  virtual ~endpoint() = default;

  [[nodiscard]] virtual const caf::node_id& id() const = 0;
  /// Returns the actor published at `port`; 0 if there is none.
  [[nodiscard]] virtual std::uint64_t published(std::uint16_t port) const = 0;
  virtual void deliver(const packet& incoming) = 0;
  /// The connection to `peer` is lost.
  virtual void on_disconnected(const caf::node_id& peer) = 0;
};

/// The far end of a connection: a process and the actor it published.
struct published_actor {
  caf::node_id process;
  std::uint64_t actor = 0;
};

struct network_options {
  world_time latency_min = std::chrono::microseconds{50};
  world_time latency_max = std::chrono::microseconds{2'000};
  world_time loss_detection_timeout =
      std::chrono::seconds{8}; ///< a link blocked for longer counts as broken
  world_time connect_timeout = std::chrono::seconds{4};
};

/// Connections between machines that behave as TCP does: messages arrive in order and without loss
/// until the connection breaks. Then all messages in flight are lost, and both ends detect the
/// loss, each after a delay of its own.
class sim_network {
public:
  sim_network(network_options options, std::shared_ptr<const world_time> now, event_queue& events,
              prng& random, trace& run_trace)
      : options_(options), now_(std::move(now)), events_(events), random_(random),
        trace_(run_trace) {}

  /// `process` runs on `host` from now on. Requires: it leaves before it is destroyed.
  void join(machine host, endpoint& process);
  /// The process on `host` has ended. Its peers detect that at once if its machine still runs, and
  /// after `loss_detection_timeout` otherwise.
  void leave(machine host, bool is_machine_gone);

  /// Sends to the process `carried.destination`; the packet is lost if no connection is open.
  void send(machine source, packet carried);

  /// Connects, and calls `on_answer` with the far end; with nothing if the connection failed.
  void connect(machine source, machine destination, std::uint16_t port,
               std::function<void(std::optional<published_actor>)> on_answer);

  /// Breaks the connection between two machines. They can reconnect at once.
  void cut(machine first, machine second);
  /// Holds back all messages until `unblock`, and breaks the connection after
  /// `loss_detection_timeout`.
  void block(machine first, machine second);
  /// The same for messages from `first` to `second`; the opposite direction stays open.
  void block_one_way(machine first, machine second);
  void unblock(machine first, machine second);
  /// Multiplies latencies from now on.
  void slow_down(std::uint32_t factor) { latency_factor_ = factor; }

  [[nodiscard]] std::uint64_t packets() const { return packets_; }

private:
  using pair = std::pair<machine, machine>; // The lower number first.

  struct loss {
    machine host = 0;
    caf::node_id process; // A later process on the same machine is not told.
    caf::node_id peer;
  };

  struct link {
    bool is_open = false;
    bool is_blocked = false;       // In at least one direction.
    std::array<bool, 2> is_held{}; // Messages to the lower machine, to the higher one.
    std::uint64_t epoch = 0;  // Counts openings and closings; packets of an older epoch are lost.
    std::uint64_t blocks = 0; // How often it was blocked.
    std::array<caf::node_id, 2> processes;
    std::array<world_time, 2> last_arrival{};
    std::vector<packet> held;                        // Arrived while it was blocked.
    std::map<std::uint64_t, loss> undetected_losses; // By number.
  };

  static pair between(machine first, machine second) { return std::minmax(first, second); }
  void open(pair ends);
  void close(pair ends, world_time delay);
  void detect_loss(pair ends, std::uint64_t number);
  void arrive(pair ends, std::uint64_t epoch, packet carried);
  void launch(pair ends, link& connection, packet carried);
  [[nodiscard]] endpoint* process_on(machine host) const;
  [[nodiscard]] world_time latency();

  network_options options_;
  std::shared_ptr<const world_time> now_;
  event_queue& events_;
  prng& random_;
  trace& trace_;
  std::map<machine, endpoint*> processes_;
  std::map<pair, link> links_;
  std::uint64_t losses_ = 0;
  std::uint64_t packets_ = 0;
  std::uint32_t latency_factor_ = 1;
};

} // namespace belfry::sim
