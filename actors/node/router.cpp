// Which method handles which message; the methods are in router_state.cpp.
#include "node/router.hpp"

#include "base/actor_basics.hpp"
#include "base/io_thread_actor.hpp"
#include "node/router_state.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace belfry {

namespace {

/// In CAF a `kill` from any sender ends an actor, whatever its handlers are. So exit messages reach
/// the mailbox only if the owner sends them.
class router_actor : public caf::event_based_actor {
public:
  router_actor(caf::actor_config& config, router_options options)
      : caf::event_based_actor(config),
        state_(std::make_shared<router_state>(this, std::move(options))) {}

  using caf::event_based_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* host) override {
    const auto& content = element->content();
    if (content.match_elements<child_started>())
      note_owner(element->sender);
    if (!content.match_elements<caf::exit_msg>() ||
        is_owner(content.get_as<caf::exit_msg>(0).source))
      caf::event_based_actor::enqueue(std::move(element), host);
  }

  caf::behavior make_behavior() override;

private:
  [[nodiscard]] bool is_owner(const caf::actor_addr& source) const {
    return source && source.node() == node() && source.id() == owner_;
  }

  /// At once: the owner may end the router before it has handled any message.
  void note_owner(const caf::strong_actor_ptr& source) {
    auto none = caf::invalid_actor_id;
    if (source && source->node() == node())
      owner_.compare_exchange_strong(none, source->id());
  }

  const std::shared_ptr<router_state> state_;
  std::atomic<caf::actor_id> owner_ = caf::invalid_actor_id; // Read by the threads of all senders.
};

caf::behavior router_actor::make_behavior() {
  install_default_handlers(this);
  set_down_handler(
      [state = state_](const caf::down_msg& down) { state->on_actor_down(down.source); });
  return {
      [state = state_](submit_atom, envelope& message) { state->on_submit(message); },
      [state = state_](report_atom, envelope& message) { state->on_report(message); },
      [state = state_](credit_atom, envelope& message) {
        state->forward_to_dispatcher(credit_atom::value, message);
      },
      [state = state_](heartbeat_atom, envelope& message) {
        state->forward_to_dispatcher(heartbeat_atom::value, message);
      },
      [state = state_](defer_atom, envelope& message) { state->on_defer(message); },
      [state = state_](request_atom, envelope& message) { state->on_request(message); },
      [state = state_](attach_atom, envelope& message) { state->on_attach(message); },
      [state = state_](hello_atom, const envelope& message) { state->on_hello(message); },
      [state = state_](refresh_atom, envelope& message) { state->on_refresh(message); },
      [state = state_](const cluster_updated& update) { state->on_cluster_updated(update); },
      [state = state_](const outbox_updated& update) { state->on_outbox_updated(update); },
      [state = state_](const node_stopping& notice) { state->on_node_stopping(notice); },
      [state = state_](report_metrics& request) { state->on_report_metrics(request); },
      [state = state_](const storage_updated& update) { state->on_storage_updated(update); },
      [state = state_](const child_started& started) { state->on_child_started(started); },
  };
}

} // namespace

caf::actor spawn_router(caf::actor_system& system, router_options options) {
  return spawn_on_io_thread<router_actor>(system, std::move(options));
}

} // namespace belfry
