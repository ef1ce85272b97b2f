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

/// How much an outbox holds; a client that it refuses submits again later.
struct outbox_limits {
  std::size_t bytes_max = 64 << 20;        ///< of tasks that wait for delivery
  std::size_t journal_bytes_max = 8 << 20; ///< written since it was truncated
  std::size_t in_flight_max = 4'096;       ///< tasks that are being delivered
};

struct outbox_options {
  std::shared_ptr<const clock> time;
  submit_limits submits;
  /// Starts the client that delivers, through this router; called once by each outbox.
  std::function<caf::actor(caf::actor_system&, const caf::actor& router)> start_client;
  outbox_limits limits{};
};

/// Accepts batches whose shards their clients cannot reach, stores them on this node's own disk,
/// and delivers them as a client when the shards can be reached.
///
/// A batch is answered once it is on stable storage. Its tasks must have idempotency keys:
/// delivered twice, by the outbox or by the client that reached its shard after all, they are the
/// same tasks. A relative delay counts from the acceptance by the outbox. A task that its shard
/// refuses permanently is logged and dropped: the outbox checked it, so its shard has other limits.
///
/// It learns from the shards of its node which queues accept anywhere, remembers them, and tells
/// the router. Ends with an error when its journal refuses it: the restarted outbox reads the
/// journal.
caf::behavior outbox(caf::event_based_actor* self, outbox_options options);

} // namespace belfry
