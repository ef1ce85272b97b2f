#include "outbox/outbox.hpp"

#include "base/actor_basics.hpp"
#include "outbox/outbox_state.hpp"

#include "belfry/contract.hpp"

#include <memory>
#include <utility>

namespace belfry {

caf::behavior outbox(caf::event_based_actor* self, outbox_options options) {
  expects(options.time != nullptr, "outbox: has a clock");
  expects(options.start_client != nullptr, "outbox: can deliver");
  guard(self);
  const auto state = std::make_shared<outbox_state>(self, std::move(options));
  return {
      [state](defer_atom, const envelope& from) { state->take(from); },
      [state](batch_written& answer) { state->written(answer); },
      [state](flush_atom) { state->flush(); },
      [state](const open_queues& news) { state->told(news); },
      [state](const child_started& who) { state->meet(who); },
      [state](const shard_acquired& answer) { state->acquired(answer); },
      [state](const snapshot_parts& parts) { state->position_came(parts); },
      [state](const journal_stretch& stretch) { state->stretch_came(stretch); },
      [state](const snapshot_committed& answer) { state->shortened(answer); },
      [state](rewrite_atom) { state->write_again(); },
      [state](deliver_atom, std::uint64_t number, std::uint64_t index) {
        state->deliver(number, index);
      },
  };
}

} // namespace belfry
