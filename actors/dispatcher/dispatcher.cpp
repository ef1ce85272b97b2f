#include "dispatcher/dispatcher.hpp"

#include "base/actor_basics.hpp"
#include "dispatcher/dispatcher_state.hpp"

#include <caf/system_messages.hpp>

namespace belfry {

caf::behavior dispatcher(caf::event_based_actor* self, dispatcher_options options) {
  guard(self);
  auto state = std::make_shared<dispatcher_state>(self, options);
  self->set_down_handler([state](caf::down_msg& down) { state->lose(down.source); });
  return {
      [state](const child_started& one) { state->meet(one); },
      [state](const shard_lanes& told) { state->take_over(told); },
      [state](const tasks_taken& told) { state->settle(told); },
      [state](attach_atom, const envelope& message) { state->attach(message); },
      [state](beat_atom, const envelope& message) { state->beat(message); },
      [state](credit_atom, const envelope& message) { state->change_credit(message); },
      [state](const cluster_known& news) { state->note(news); },
      [state](finish_answer& question) { state->finish(question); },
      [state](wake_atom) { state->wake(); },
      [state](sweep_atom) { state->sweep(); },
  };
}

} // namespace belfry
