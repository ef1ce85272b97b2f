// Which method handles which message; the methods are in client_state.cpp.
#include "client/client_actor.hpp"

#include "base/io_thread_actor.hpp"
#include "client/client_state.hpp"
#include "link/client_transport.hpp"

#include "os/entropy.hpp"
#include "os/link/user_secret.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace belfry {

namespace {

caf::behavior client_actor(caf::event_based_actor* self, client_options options) {
  if (options.inbox)
    options.inbox->bind(self);
  auto state = std::make_shared<client_state>(self, std::move(options));
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler(
      [state](caf::down_msg& down) { (void)state->links().on_actor_down(down.source); });
  self->set_exit_handler([self, state](caf::exit_msg& exit) {
    state->close();
    self->quit(exit.reason);
  });
  state->links().open();
  return {
      [state](inbox_ready_atom) { state->on_inbox_ready(); },
      [state](submit_atom, task_spec& task) { state->on_submit(std::move(task)); },
      [state](await_atom, task_id id) { state->on_await(id); },
      [state](welcome_atom, const envelope& from) { state->on_welcome(from); },
      [state](submitted_atom, const envelope& from) { state->on_submitted(from); },
      [state](response_atom, const envelope& from) { state->on_response(from); },
      [state](cluster_atom, const envelope& from) { state->on_cluster(from); },
      [state](dial_atom, std::uint64_t attempt) { state->links().dial(attempt); },
      [state](connect_timeout_atom, std::uint64_t attempt) {
        state->links().connect_timed_out(attempt);
      },
      [state](retry_atom, std::uint64_t as, std::uint32_t shard, std::uint64_t sequence) {
        state->on_retry_submit({as}, shard, sequence);
      },
      [state](retry_atom, std::uint64_t correlation) { state->on_retry_request(correlation); },
      [state](tick_atom) { state->on_tick(); },
  };
}

} // namespace

caf::actor spawn_client(caf::actor_system& system, client_options options) {
  return spawn_on_io_thread(system, true, [options = std::move(options)](auto* self) {
    return client_actor(self, options);
  });
}

caf::actor spawn_client(caf::actor_system& system, std::string host, std::uint16_t port,
                        const link_security& security) {
  const auto is_cancelled = std::make_shared<std::atomic<bool>>(false);
  client_options options;
  options.addresses = {{std::move(host), port}};
  options.seed = entropy_seed();
  options.transport =
      spawn_transport(system, {options.connect_timeout, is_cancelled,
                               transport_credentials::load(security, user_directory())});
  auto client = spawn_client(system, options);
  client->attach_functor([is_cancelled, transport = options.transport](const caf::error&) {
    *is_cancelled = true;
    caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
  });
  return client;
}

} // namespace belfry
