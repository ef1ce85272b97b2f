#include "shard/shard.hpp"

#include "base/actor_basics.hpp"
#include "shard/shard_state.hpp"

#include <memory>

namespace belfry {

caf::behavior shard_actor(caf::event_based_actor* self, shard_options options) {
  install_default_handlers(self);
  const auto state = std::make_shared<shard_state>(self, std::move(options));
  return {
      [state](submit_atom, const envelope& from) { state->submit(from); },
      [state](report_atom, const envelope& from) { state->report(from); },
      [state](request_atom, const envelope& from) { state->ask(from); },
      [state](const grant_tasks& what) { state->take(what); },
      [state](flush_atom) { state->flush(); },
      [state](batch_written& answer) { state->on_batch_written(answer); },
      [state](wake_atom, std::int64_t set_for_ms) { state->wake(set_for_ms); },
      [state](worker_heartbeat& who) { state->on_worker_heartbeat(who); },
      [state](const worker_disconnected& who) { state->on_worker_disconnected(who); },
      [state](worker_attached& who) { state->attach(who); },
      [state](const struct request_lanes&) { state->request_lanes(); },
      [state](const child_started& who) { state->on_child_started(who); },
      [state](acquire_atom) { state->acquire(); },
      [state](const shard_acquired& answer) { state->acquired(answer); },
      [state](snapshot_chunk& parts) { state->on_snapshot_chunk(parts); },
      [state](journal_chunk& chunk) { state->on_journal_chunk(chunk); },
      [state](snapshot_atom) { state->continue_snapshot(); },
      [state](const objects_put& answer) { state->put(answer); },
      [state](const snapshot_committed& answer) { state->committed(answer); },
      [state](retry_write_atom) { state->retry_write(); },
      [state](const space_checked& answer) { state->on_space_checked(answer); },
      [state](audit_atom) { return state->audit(); },
  };
}

} // namespace belfry
