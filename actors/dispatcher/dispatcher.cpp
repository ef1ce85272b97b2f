// Which method handles which message; the methods are in dispatcher_state.cpp,
// dispatcher_shards.cpp and dispatcher_workers.cpp.
#include "dispatcher/dispatcher.hpp"

#include "base/actor_basics.hpp"
#include "dispatcher/dispatcher_state.hpp"

#include <caf/system_messages.hpp>

namespace belfry {

caf::behavior dispatcher(caf::event_based_actor* self, dispatcher_options options) {
  install_default_handlers(self);
  auto state = std::make_shared<dispatcher_state>(self, options);
  self->set_down_handler([state](caf::down_msg& down) { state->on_actor_down(down.source); });
  return {
      [state](const child_started& started) { state->on_child_started(started); },
      [state](const lane_update& update) { state->on_lane_update(update); },
      [state](const tasks_granted& answer) { state->on_tasks_granted(answer); },
      [state](attach_atom, const envelope& message) { state->on_attach(message); },
      [state](heartbeat_atom, const envelope& message) { state->on_heartbeat(message); },
      [state](credit_atom, const envelope& message) { state->on_credit(message); },
      [state](const cluster_updated& update) { state->on_cluster_updated(update); },
      [state](complete_answer& request) { state->on_complete_answer(request); },
      [state](const explain_lanes& request) { return state->on_explain_lanes(request); },
      [state](wake_atom) { state->on_wake(); },
      [state](sweep_atom) { state->on_sweep(); },
  };
}

} // namespace belfry
