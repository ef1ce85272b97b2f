#include "belfry/actors/client.hpp"

#include "base/system_guest.hpp"
#include "client/client_actor.hpp"
#include "client/client_parts.hpp"
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
void ignore_broken_pipes() {
  struct sigaction present {};
  if (sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
}

std::string names_of(const std::vector<node_place>& places) {
  std::string names;
  for (const auto& one : places)
    names += (names.empty() ? "" : " or ") + one.host + ":" + std::to_string(one.port);
  return names;
}

} // namespace

client::parts::parts(std::vector<node_place> places, duration connect_limit,
                     std::shared_ptr<const link_keys> keys)
    : system(config),
      transport(spawn_transport(system, {connect_limit, is_given_up, std::move(keys)})) {
  client_options options;
  options.places = std::move(places);
  options.seed = entropy_seed();
  options.transport = transport;
  options.connect_limit = connect_limit;
  options.inbox = inbox;
  actor = spawn_client(system, std::move(options));
  // Another thread may end the system.
  const system_guest leaving;
}

client::parts::~parts() {
  *is_given_up = true;
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(transport, caf::exit_reason::user_shutdown);
}

result<done> client::parts::wait_until_ready(const time_limit& limit) {
  const auto waiting = std::make_shared<awaited<std::uint32_t>>();
  inbox->push(
      ready_call{[waiting](result<std::uint32_t> how) { waiting->set(0, std::move(how)); }});
  const auto how = waiting->take(limit.left()).front();
  if (!how)
    return how.error();
  shard_count = *how;
  return done{};
}

result<std::unique_ptr<client>> client::connect(std::string host, std::uint16_t port,
                                                duration timeout) {
  return connect({{std::move(host), port}}, timeout);
}

result<std::unique_ptr<client>> client::connect(std::vector<node_place> places, duration timeout) {
  return connect(std::move(places), link_security{}, timeout);
}

result<std::unique_ptr<client>> client::connect(std::vector<node_place> places,
                                                const link_security& security, duration timeout) {
  constexpr duration connect_limit_max{10'000};
  if (places.empty())
    return failure{errc::invalid_argument, "places: is empty, expected where some node listens"};
  const auto keys = link_keys::load(security, user_directory());
  if (!keys)
    return keys.error();
  const time_limit limit{timeout};
  const auto tries = places.size(); // The first try of each place.
  const auto named = names_of(places);
  ignore_broken_pipes();
  auto inside = std::make_unique<parts>(std::move(places),
                                        std::clamp(timeout, duration{1}, connect_limit_max), *keys);
  auto ready = inside->wait_until_ready(limit);
  for (std::size_t tried = 1; !ready && ready.error().code == errc::unavailable && tried < tries;
       ++tried)
    ready = inside->wait_until_ready(limit);
  if (!ready && ready.error().code == errc::timed_out)
    return failure{errc::unavailable, "no node answers at " + named + " within " +
                                          std::to_string(timeout.count()) + " ms"};
  if (!ready)
    return ready.error();
  return std::unique_ptr<client>{new client{std::move(inside)}};
}

client::client(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}
client::~client() = default;

std::uint32_t client::shard_count() const {
  return inside_->shard_count;
}

void client::submit_async(task_spec task, std::function<void(result<submitted>)> answered) {
  inside_->inbox->submit({std::move(task), std::move(answered)});
}

result<submitted> client::submit(task_spec task, duration timeout) {
  std::vector<task_spec> tasks;
  tasks.push_back(std::move(task));
  return std::move(submit_many(std::move(tasks), timeout).front());
}

std::vector<result<submitted>> client::submit_many(std::vector<task_spec> tasks, duration timeout) {
  const time_limit limit{timeout};
  const auto waiting = std::make_shared<awaited<submitted>>(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    submit_async(std::move(tasks[i]),
                 [waiting, i](result<submitted> how) { waiting->set(i, std::move(how)); });
  return waiting->take(limit.left());
}

result<done> client::flush(duration timeout) {
  const auto waiting = std::make_shared<awaited<done>>();
  inside_->inbox->push(
      flush_call{[waiting](result<done> how) { waiting->set(0, std::move(how)); }});
  return waiting->take(timeout).front();
}

} // namespace belfry
