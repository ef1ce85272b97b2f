// Which method handles which message; the methods are in shard_state.cpp, shard_recovery.cpp,
// shard_snapshot.cpp, shard_submits.cpp, shard_clients.cpp and shard_runs.cpp.
#include "shard/shard.hpp"

#include "base/actor_basics.hpp"
#include "shard/shard_state.hpp"

#include <memory>

namespace belfry {

caf::behavior shard_actor(caf::event_based_actor* self, shard_options options) {
  install_default_handlers(self);
  const auto state = std::make_shared<shard_state>(self, std::move(options));
  self->set_exit_handler([self, state](caf::exit_msg& ordered) {
    state->on_exit();
    self->quit(std::move(ordered.reason));
  });
  return {
      [state](submit_atom, const envelope& message) { state->on_submit(message); },
      [state](report_atom, const envelope& message) { state->on_report(message); },
      [state](request_atom, const envelope& message) { state->on_request(message); },
      [state](const grant_tasks& request) { state->on_grant_tasks(request); },
      [state](flush_atom) { state->flush(); },
      [state](batch_written& answer) { state->on_batch_written(answer); },
      [state](wake_atom, std::int64_t set_for_ms) { state->on_wake(set_for_ms); },
      [state](worker_heartbeat& message) { state->on_worker_heartbeat(message); },
      [state](const worker_disconnected& message) { state->on_worker_disconnected(message); },
      [state](worker_attached& message) { state->on_worker_attached(message); },
      [state](const request_lanes&) { state->publish_lanes(); },
      [state](const child_started& message) { state->on_child_started(message); },
      [state](acquire_atom) { state->acquire(); },
      [state](const shard_acquired& answer) { state->on_shard_acquired(answer); },
      [state](snapshot_chunk& chunk) { state->on_snapshot_chunk(chunk); },
      [state](journal_chunk& chunk) { state->on_journal_chunk(chunk); },
      [state](snapshot_atom) { state->on_continue_snapshot(); },
      [state](const objects_put& answer) { state->on_objects_put(answer); },
      [state](const snapshot_committed& answer) { state->on_snapshot_committed(answer); },
      [state](retry_write_atom) { state->on_retry_write(); },
      [state](const space_checked& answer) { state->on_space_checked(answer); },
      [state](log_summary_atom) { state->on_log_summary(); },
      [state](const collect_metrics& request) { return state->on_collect_metrics(request); },
      [state](audit_atom) { return state->on_audit(); },
  };
}

} // namespace belfry
