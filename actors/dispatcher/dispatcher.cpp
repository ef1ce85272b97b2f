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
      [state](const child_started& one) { state->on_child_started(one); },
      [state](const lane_update& told) { state->update_lanes(told); },
      [state](const tasks_granted& told) { state->on_tasks_granted(told); },
      [state](attach_atom, const envelope& message) { state->attach(message); },
      [state](heartbeat_atom, const envelope& message) { state->beat(message); },
      [state](credit_atom, const envelope& message) { state->change_credit(message); },
      [state](const cluster_updated& news) { state->note(news); },
      [state](complete_answer& question) { state->finish(question); },
      [state](wake_atom) { state->wake(); },
      [state](sweep_atom) { state->sweep(); },
  };
}

} // namespace belfry
