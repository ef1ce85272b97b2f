#include "worker/worker.hpp"

#include "base/io_thread_actor.hpp"
#include "worker/task.hpp"
#include "worker/worker_state.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>

#include <memory>

namespace belfry {

namespace {

template <class Message, class Deed>
void decode_then(const envelope& from, Message& into, Deed deed) {
  if (wire::open(from.bytes, into))
    deed();
}

void set_handlers(caf::event_based_actor* self, worker_state* state) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& down) { state->on_actor_down(down.source); });
  self->set_exit_handler([self, state](caf::exit_msg& exit) {
    if (exit.reason == caf::exit_reason::user_shutdown)
      state->stop();
    else
      self->quit(std::move(exit.reason));
  });
}

caf::behavior worker_behavior(caf::event_based_actor* self, const worker_options& options) {
  const auto owned = std::make_shared<worker_state>(self, options);
  auto* state = owned.get();
  // The behaviour owns the state, the handlers only look at it.
  set_handlers(self, state);
  state->links().open();
  return {
      [owned](ended_run_queue::runs_ended_atom) { owned->on_runs_ended(); },
      [state](flush_runs_atom) { state->flush(); },
      [state](delayed_flush_atom) { state->flush_delayed(); },
      [state](grant_atom, const envelope& from) {
        decode_then(from, state->in.grant, [state] { state->grant(); });
      },
      [state](revoke_atom, const envelope& from) {
        decode_then(from, state->in.revoke, [state] { state->revoke(); });
      },
      [state](report_ack_atom, const envelope& from) {
        decode_then(from, state->in.confirmed, [state] { state->confirmed(); });
      },
      [state](welcome_atom, const envelope& from) {
        decode_then(from, state->in.welcome, [state] { state->welcome(); });
      },
      [state](attached_atom, const envelope& from) {
        decode_then(from, state->in.attached, [state] { state->attached(); });
      },
      [state](heartbeat_ack_atom, const envelope& from) {
        decode_then(from, state->in.heard, [state] { state->heard(); });
      },
      [state](cluster_atom, const envelope& from) {
        decode_then(from, state->in.cluster,
                    [state] { state->links().update_cluster(state->in.cluster); });
      },
      [state](demand_atom, const envelope& from) {
        decode_then(from, state->in.hungry, [state] { state->hungry(); });
      },
      [state](credit_returned_atom, const envelope& from) {
        decode_then(from, state->in.returned, [state] { state->returned(); });
      },
      [state](send_heartbeat_atom, std::uint64_t attempt) { state->beat(attempt); },
      [state](deadline_atom, std::int64_t set_for) { state->on_deadline(set_for); },
      [state](fence_atom) { state->fence(); },
      [state](dial_atom, std::uint64_t attempt) { state->links().dial(attempt); },
      [state](connect_timeout_atom, std::uint64_t attempt) {
        state->links().connect_timed_out(attempt);
      },
      [state](attach_check_atom, std::uint64_t link, std::uint64_t number) {
        state->check_attach(link, number);
      },
      [state](stop_atom) { state->stop(); },
      [state](interrupt_now_atom) { state->interrupt_now(); },
      [self](force_quit_atom) { self->quit(); },
  };
}

} // namespace

bool runs_on_io_thread(const worker_options& options) {
  return !options.router;
}

caf::actor spawn_worker(caf::actor_system& system, worker_options options) {
  expects(options.slots >= 1, "worker: has at least one slot");
  expects(options.kinds.empty() || options.run_executor != nullptr, "worker: has an executor");
  const bool is_beside = runs_on_io_thread(options);
  return spawn_on_io_thread(system, is_beside, [how = std::move(options)](auto* self) {
    return worker_behavior(self, how);
  });
}

} // namespace belfry
