#include "shard/shard.hpp"

#include "base/actor_basics.hpp"
#include "shard/shard_state.hpp"

#include <memory>

namespace belfry {

caf::behavior shard_actor(caf::event_based_actor* self, shard_options options) {
  guard(self);
  const auto state = std::make_shared<shard_state>(self, std::move(options));
  return {
      [state](submit_atom, const envelope& from) { state->submit(from); },
      [state](report_atom, const envelope& from) { state->report(from); },
      [state](ask_atom, const envelope& from) { state->ask(from); },
      [state](const take_tasks& what) { state->take(what); },
      [state](flush_atom) { state->flush(); },
      [state](batch_written& answer) { state->written(answer); },
      [state](wake_atom, std::int64_t set_for_ms) { state->wake(set_for_ms); },
      [state](worker_heard& who) { state->hear(who); },
      [state](const worker_gone& who) { state->miss(who); },
      [state](worker_attached& who) { state->attach(who); },
      [state](const struct tell_lanes&) { state->tell_lanes(); },
      [state](const child_started& who) { state->meet(who); },
      [state](acquire_atom) { state->acquire(); },
      [state](const shard_acquired& answer) { state->acquired(answer); },
      [state](snapshot_parts& parts) { state->snapshot_came(parts); },
      [state](journal_stretch& stretch) { state->stretch_came(stretch); },
      [state](snapshot_atom) { state->continue_snapshot(); },
      [state](const objects_put& answer) { state->put(answer); },
      [state](const snapshot_committed& answer) { state->committed(answer); },
      [state](retry_write_atom) { state->write_again(); },
      [state](const room_checked& answer) { state->room(answer); },
      [state](audit_atom) { return state->audit(); },
  };
}

} // namespace belfry
