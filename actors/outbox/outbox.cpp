// Which method handles which message; the methods are in outbox_state.cpp and outbox_delivery.cpp.
#include "outbox/outbox.hpp"

#include "base/actor_basics.hpp"
#include "outbox/outbox_state.hpp"

#include "belfry/contract.hpp"

#include <memory>
#include <utility>

namespace belfry {

caf::behavior outbox(caf::event_based_actor* self, outbox_options options) {
  expects(options.time != nullptr, "outbox: has a clock");
  expects(options.start_client != nullptr, "outbox: can start a client");
  install_default_handlers(self);
  const auto state = std::make_shared<outbox_state>(self, std::move(options));
  return {
      [state](defer_atom, const envelope& message) { state->on_defer(message); },
      [state](batch_written& answer) { state->on_batch_written(answer); },
      [state](flush_atom) { state->flush(); },
      [state](const outbox_queues& message) { state->on_outbox_queues(message); },
      [state](const child_started& message) { state->on_child_started(message); },
      [state](const shard_acquired& answer) { state->on_shard_acquired(answer); },
      [state](const snapshot_chunk& chunk) { state->on_snapshot_position(chunk); },
      [state](const journal_chunk& chunk) { state->on_journal_chunk(chunk); },
      [state](const snapshot_committed& answer) { state->on_journal_truncated(answer); },
      [state](retry_write_atom) { state->on_retry_write(); },
      [state](deliver_atom, std::uint64_t number, std::uint64_t index) {
        state->deliver(number, index);
      },
  };
}

} // namespace belfry
