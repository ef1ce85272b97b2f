// Which method handles which message; the methods are in cluster_keeper_state.cpp.
#include "cluster/cluster_keeper.hpp"

#include "belfry/actors/protocol.hpp"

#include "base/actor_basics.hpp"
#include "cluster/cluster_keeper_state.hpp"

#include <caf/exit_reason.hpp>

#include <utility>

namespace belfry {

caf::behavior cluster_keeper(caf::event_based_actor* self, cluster_keeper_options options) {
  install_default_handlers(self);
  auto opened = options.open();
  if (!opened) {
    self->quit(quit_reason(opened.error()));
    return {};
  }
  const auto state = std::make_shared<cluster_keeper_state>(self, std::move(options), *opened);
  self->set_exit_handler([self, state](caf::exit_msg& exit) {
    if (exit.reason == caf::exit_reason::user_shutdown)
      state->leave();
    else
      self->quit(std::move(exit.reason));
  });
  return {
      [state](const child_started& started) { state->on_child_started(started); },
      [state](tick_atom) { state->tick(); },
      [state](refresh_atom, const envelope&) { state->refresh_soon(); },
      [state](refresh_now_atom) { state->on_refresh_now(); },
      [state](const child_terminated& ended) { state->on_child_terminated(ended); },
      [state](const running_children& running) { state->on_running_children(running); },
      [state](const drain_node& request) { state->on_drain_node(request); },
  };
}

} // namespace belfry
