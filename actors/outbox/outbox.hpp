#pragma once

#include "belfry/clock.hpp"
#include "belfry/options.hpp"

#include <caf/actor.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace belfry {

/// Beyond these, clients are asked to come again.
struct outbox_limits {
  std::size_t bytes_max = 64 << 20;        ///< of tasks that wait
  std::size_t journal_bytes_max = 8 << 20; ///< written since it was made shorter
  std::size_t in_flight_max = 4'096;       ///< tasks that are being delivered
};

struct outbox_options {
  std::shared_ptr<const clock> time;
  submit_limits submits;
  /// Starts the client that delivers, through this router; called by every life of the outbox.
  std::function<caf::actor(caf::actor_system&, const caf::actor& router)> start_client;
  outbox_limits limits{};
};

/// Accepts batches whose shards their clients cannot reach, on a disk of this node's own, and
/// delivers them as a client when it can.
///
/// A batch is answered once it is on stable storage. Its tasks must have keys: delivered twice, by
/// the outbox or by the client that found its shard after all, they are the same tasks. A relative
/// delay counts from here. A task that its shard refuses for good is told to the log and dropped:
/// it was checked when it was taken, so its shard has other limits.
///
/// It learns from the shards of its node which queues want it, remembers that, and tells the
/// router. Ends with an error when its journal refuses it: the next outbox reads what is there.
caf::behavior outbox(caf::event_based_actor* self, outbox_options options);

} // namespace belfry
