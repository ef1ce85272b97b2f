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

/// The worker sessions that a dispatcher knows, with what `belfry status` shows of them.
///
/// Part of one dispatcher. A session outlives the connection to its worker: it is removed when
/// nothing was heard of the worker for a lease.
class worker_registry {
public:
  using time_point = caf::actor_clock::time_point;

  struct entry {
    caf::actor worker; ///< null: not connected
    wire::WorkerInfo info;
    time_point last_seen{};
    bool is_reattach_due = false;        ///< it must attach again, so that a shard learns of it
    bool is_multi_node = false;          ///< it is attached to other nodes too
    bool is_demand_announced = false;    ///< the latest Demand sent to it said `has_demand`
    std::uint64_t attach_generation = 0; ///< of its connection; an earlier one is stale
  };

  /// Adds the session of `worker`, or replaces what was known of it.
  entry& attach(const caf::actor& worker, const wire::Attach& attach, time_point now);

  /// Null if the session is not known.
  [[nodiscard]] entry* find(session_id session);

  /// Marks the sessions of a worker whose connection is lost as disconnected, and returns them.
  std::vector<session_id> disconnect(const caf::actor_addr& worker);

  /// Removes the sessions of which nothing was heard for longer than `lease`, and returns them.
  std::vector<std::pair<session_id, entry>> remove_expired(time_point now, duration lease);

  /// Whether some session is connected through `worker`.
  [[nodiscard]] bool is_connected(const caf::actor& worker) const;

  [[nodiscard]] std::map<session_id, entry>& entries() { return entries_; }

  /// Adds every session to the node's status.
  void describe(wire::NodeStatus& status, time_point now) const;

private:
  std::map<session_id, entry> entries_;
};

/// What is wrong with an Attach; empty: nothing.
[[nodiscard]] std::string attach_error(const wire::Attach& attach);

} // namespace belfry
