// Which method handles which message; the methods are in worker_state.cpp, worker_attach.cpp,
// worker_leases.cpp, worker_reports.cpp, worker_credit.cpp, worker_shortage.cpp and
// worker_stops.cpp.
#include "worker/worker.hpp"

#include "base/io_thread_actor.hpp"
#include "worker/task_actor.hpp"
#include "worker/worker_state.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>

#include <memory>

namespace belfry {

namespace {

/// A worker's state, and where its messages are decoded to. They are reused, for speed.
struct worker_actor {
  worker_actor(caf::event_based_actor* self, const worker_options& options)
      : state(self, options) {}

  worker_state state;
  wire::Welcome welcome;
  wire::Attached attached;
  wire::HeartbeatAck heartbeat_ack;
  wire::Grant grant;
  wire::Revoke revoke;
  wire::ReportAck report_ack;
  wire::Cluster cluster;
  wire::Demand demand;
  wire::CreditReturned credit_returned;
};

/// A handler that decodes an envelope into `Message` of the actor and passes it to `Handle`.
template <class Atom, auto Message, auto Handle>
auto decoded(worker_actor* actor) {
  return [actor](Atom, const envelope& sealed) {
    auto& message = actor->*Message;
    if (wire::open(sealed.bytes, message))
      (actor->state.*Handle)(message);
  };
}

void set_handlers(caf::event_based_actor* self, worker_state* state) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& down) { state->on_actor_down(down.source); });
  self->set_exit_handler([self, state](caf::exit_msg& exit) {
    if (exit.reason == caf::exit_reason::user_shutdown)
      state->on_stop();
    else
      self->quit(std::move(exit.reason));
  });
}

caf::behavior worker_behavior(caf::event_based_actor* self, const worker_options& options) {
  const auto owned = std::make_shared<worker_actor>(self, options);
  auto* actor = owned.get();
  auto* state = &owned->state;
  // The first handler owns the state, the others only refer to it.
  set_handlers(self, state);
  state->links().open();
  return {
      [owned](ended_run_queue::runs_ended_atom) { owned->state.on_runs_ended(); },
      [state](flush_runs_atom) { state->flush(); },
      [state](delayed_flush_atom) { state->on_delayed_flush(); },
      decoded<grant_atom, &worker_actor::grant, &worker_state::on_grant>(actor),
      decoded<revoke_atom, &worker_actor::revoke, &worker_state::on_revoke>(actor),
      decoded<report_ack_atom, &worker_actor::report_ack, &worker_state::on_report_ack>(actor),
      decoded<welcome_atom, &worker_actor::welcome, &worker_state::on_welcome>(actor),
      decoded<attached_atom, &worker_actor::attached, &worker_state::on_attached>(actor),
      decoded<heartbeat_ack_atom, &worker_actor::heartbeat_ack, &worker_state::on_heartbeat_ack>(
          actor),
      decoded<cluster_atom, &worker_actor::cluster, &worker_state::on_cluster>(actor),
      decoded<demand_atom, &worker_actor::demand, &worker_state::on_demand>(actor),
      decoded<credit_returned_atom, &worker_actor::credit_returned,
              &worker_state::on_credit_returned>(actor),
      [state](send_heartbeat_atom, std::uint64_t attempt) { state->on_send_heartbeat(attempt); },
      [state](deadline_atom, std::int64_t set_for) { state->on_run_deadline(set_for); },
      [state](fence_atom) { state->on_fence(); },
      [state](dial_atom, std::uint64_t attempt) { state->links().dial(attempt); },
      [state](connect_timeout_atom, std::uint64_t attempt) {
        state->links().connect_timed_out(attempt);
      },
      [state](attach_check_atom, std::uint64_t link, std::uint64_t number) {
        state->on_attach_check(link, number);
      },
      [state](stop_atom) { state->on_stop(); },
      [state](interrupt_now_atom) { state->on_interrupt_now(); },
      [self](force_quit_atom) { self->quit(); },
      [state](try_more_slots_atom) { state->on_try_more_slots(); },
  };
}

} // namespace

bool runs_on_io_thread(const worker_options& options) {
  return !options.router;
}

caf::actor spawn_worker(caf::actor_system& system, worker_options options) {
  expects(options.slots >= 1, "worker: has at least one slot");
  expects(options.kinds.empty() || options.run_executor != nullptr, "worker: has an executor");
  const bool on_io_thread = runs_on_io_thread(options);
  return spawn_on_io_thread(system, on_io_thread, [options = std::move(options)](auto* self) {
    return worker_behavior(self, options);
  });
}

} // namespace belfry
