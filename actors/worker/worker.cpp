#include "worker/worker.hpp"

#include "base/beside_network.hpp"
#include "worker/task.hpp"
#include "worker/worker_state.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>

#include <memory>

namespace belfry {

namespace {

template <class Message, class Deed>
void when_open(const envelope& from, Message& into, Deed deed) {
  if (wire::open(from.bytes, into))
    deed();
}

void set_handlers(caf::event_based_actor* self, worker_state* state) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& down) { state->somebody_died(down.source); });
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
      [owned](ended_runs::some_atom) { owned->some_ended(); },
      [state](flush_runs_atom) { state->flush(); },
      [state](flush_late_atom) { state->flush_late(); },
      [state](grant_atom, const envelope& from) {
        when_open(from, state->in.grant, [state] { state->grant(); });
      },
      [state](revoke_atom, const envelope& from) {
        when_open(from, state->in.revoke, [state] { state->revoke(); });
      },
      [state](confirmed_atom, const envelope& from) {
        when_open(from, state->in.confirmed, [state] { state->confirmed(); });
      },
      [state](welcome_atom, const envelope& from) {
        when_open(from, state->in.welcome, [state] { state->welcome(); });
      },
      [state](attached_atom, const envelope& from) {
        when_open(from, state->in.attached, [state] { state->attached(); });
      },
      [state](heard_atom, const envelope& from) {
        when_open(from, state->in.heard, [state] { state->heard(); });
      },
      [state](cluster_atom, const envelope& from) {
        when_open(from, state->in.cluster, [state] { state->links().learn(state->in.cluster); });
      },
      [state](hungry_atom, const envelope& from) {
        when_open(from, state->in.hungry, [state] { state->hungry(); });
      },
      [state](returned_atom, const envelope& from) {
        when_open(from, state->in.returned, [state] { state->returned(); });
      },
      [state](beat_now_atom, std::uint64_t attempt) { state->beat(attempt); },
      [state](deadline_atom, std::int64_t set_for) { state->deadlines_rang(set_for); },
      [state](fence_atom) { state->fence(); },
      [state](dial_atom, std::uint64_t attempt) { state->links().dial(attempt); },
      [state](overdue_atom, std::uint64_t attempt) { state->links().overdue(attempt); },
      [state](attach_check_atom, std::uint64_t link, std::uint64_t number) {
        state->check_attach(link, number);
      },
      [state](stop_atom) { state->stop(); },
      [state](hurry_atom) { state->hurry(); },
      [self](give_up_atom) { self->quit(); },
  };
}

} // namespace

bool is_beside_network(const worker_options& options) {
  return !options.gateway;
}

caf::actor spawn_worker(caf::actor_system& system, worker_options options) {
  expects(options.slots >= 1, "worker: has at least one slot");
  expects(options.kinds.empty() || options.run_with != nullptr, "worker: has an executor");
  const bool is_beside = is_beside_network(options);
  return spawn_beside_network(system, is_beside, [how = std::move(options)](auto* self) {
    return worker_behavior(self, how);
  });
}

} // namespace belfry
