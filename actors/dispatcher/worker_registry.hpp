#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"
#include "wire/messages.pb.h"

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_clock.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace belfry {

/// The worker sessions that a dispatcher knows, with what people want to see of them.
///
/// Part of one dispatcher. A session stays known after its worker is gone until it has been silent
/// for a lease.
class worker_registry {
public:
  using time_point = caf::actor_clock::time_point;

  struct entry {
    caf::actor worker; ///< null: not connected
    wire::WorkerInfo info;
    time_point heard{};
    bool is_welcome_due = false;      ///< a shard began to serve that does not know it
    bool is_multi_node = false;       ///< it works for other nodes too
    bool is_demand_announced = false; ///< as it was told last
    std::uint64_t since = 0;          ///< of its connection: earlier invitations were to another
  };

  /// Takes over what `from` says of itself.
  entry& attach(const caf::actor& from, const wire::Attach& attach, time_point now);

  /// Null if the session is not known.
  [[nodiscard]] entry* find(session_id session);

  /// The sessions of a worker that is gone; they are no longer connected.
  std::vector<session_id> disconnect(const caf::actor_addr& worker);

  /// Forgets the sessions that have been silent for longer than `lease`, and returns them.
  std::vector<std::pair<session_id, entry>> remove_expired(time_point now, duration lease);

  /// Whether some session is connected through `worker`.
  [[nodiscard]] bool is_connected(const caf::actor& worker) const;

  [[nodiscard]] std::map<session_id, entry>& entries() { return entries_; }

  /// Adds every session to what is told of the node.
  void describe(wire::NodeStatus& status, time_point now) const;

private:
  std::map<session_id, entry> entries_;
};

/// What is wrong with an Attach; empty: nothing.
[[nodiscard]] std::string attach_error(const wire::Attach& attach);

} // namespace belfry
