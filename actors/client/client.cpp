#include "belfry/actors/client.hpp"

#include "base/foreign_thread_scope.hpp"
#include "client/client_actor.hpp"
#include "client/client_impl.hpp"
#include "link/client_transport.hpp"

#include "os/entropy.hpp"
#include "os/link/user_secret.hpp"
#include "wire/codec.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace belfry {

namespace {

/// A write to a connection that broke must be an error, not the end of the program. A handler
/// that the program has chosen itself stays.
void ignore_sigpipe() {
  struct sigaction present {};
  if (sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
}

std::string names_of(const std::vector<node_address>& addresses) {
  std::string names;
  for (const auto& one : addresses)
    names += (names.empty() ? "" : " or ") + one.host + ":" + std::to_string(one.port);
  return names;
}

} // namespace

client::implementation::implementation(std::vector<node_address> addresses,
                                       duration connect_timeout,
                                       std::shared_ptr<const transport_credentials> keys)
    : system(config),
      transport(spawn_transport(system, {connect_timeout, is_cancelled, std::move(keys)})) {
  client_options options;
  options.addresses = std::move(addresses);
  options.seed = entropy_seed();
  options.transport = transport;
  options.connect_timeout = connect_timeout;
  options.inbox = inbox;
  actor = spawn_client(system, std::move(options));
  // Another thread may end the system.
  const foreign_thread_scope leaving;
}

client::implementation::~implementation() {
  *is_cancelled = true;
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
}

result<done> client::implementation::wait_until_ready(const deadline& limit) {
  const auto waiting = std::make_shared<awaited<std::uint32_t>>();
  inbox->push(
      ready_call{[waiting](result<std::uint32_t> how) { waiting->set(0, std::move(how)); }});
  const auto how = waiting->take(limit.remaining()).front();
  if (!how)
    return how.error();
  shard_count = *how;
  return done{};
}

result<std::unique_ptr<client>> client::connect(std::string host, std::uint16_t port,
                                                duration timeout) {
  return connect({{std::move(host), port}}, timeout);
}

result<std::unique_ptr<client>> client::connect(std::vector<node_address> addresses,
                                                duration timeout) {
  return connect(std::move(addresses), link_security{}, timeout);
}

result<std::unique_ptr<client>> client::connect(std::vector<node_address> addresses,
                                                const link_security& security, duration timeout) {
  constexpr duration connect_limit_max{10'000};
  if (addresses.empty())
    return failure{errc::invalid_argument, "places: is empty, expected where some node listens"};
  const auto keys = transport_credentials::load(security, user_directory());
  if (!keys)
    return keys.error();
  const deadline limit{timeout};
  const auto tries = addresses.size(); // The first try of each place.
  const auto named = names_of(addresses);
  ignore_sigpipe();
  auto impl = std::make_unique<implementation>(
      std::move(addresses), std::clamp(timeout, duration{1}, connect_limit_max), *keys);
  auto ready = impl->wait_until_ready(limit);
  for (std::size_t tried = 1; !ready && ready.error().code == errc::unavailable && tried < tries;
       ++tried)
    ready = impl->wait_until_ready(limit);
  if (!ready && ready.error().code == errc::timed_out)
    return failure{errc::unavailable, "no node answers at " + named + " within " +
                                          std::to_string(timeout.count()) + " ms"};
  if (!ready)
    return ready.error();
  return std::unique_ptr<client>{new client{std::move(impl)}};
}

client::client(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}
client::~client() = default;

std::uint32_t client::shard_count() const {
  return impl_->shard_count;
}

void client::submit_async(task_spec task, std::function<void(result<submitted>)> on_result) {
  impl_->inbox->submit({std::move(task), std::move(on_result)});
}

result<submitted> client::submit(task_spec task, duration timeout) {
  std::vector<task_spec> tasks;
  tasks.push_back(std::move(task));
  return std::move(submit_many(std::move(tasks), timeout).front());
}

std::vector<result<submitted>> client::submit_many(std::vector<task_spec> tasks, duration timeout) {
  const deadline limit{timeout};
  const auto waiting = std::make_shared<awaited<submitted>>(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    submit_async(std::move(tasks[i]),
                 [waiting, i](result<submitted> how) { waiting->set(i, std::move(how)); });
  return waiting->take(limit.remaining());
}

result<done> client::flush(duration timeout) {
  const auto waiting = std::make_shared<awaited<done>>();
  impl_->inbox->push(flush_call{[waiting](result<done> how) { waiting->set(0, std::move(how)); }});
  return waiting->take(timeout).front();
}

} // namespace belfry
