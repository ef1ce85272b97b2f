#include "belfry/client.hpp"

#include "client/blocking_client.hpp"

#include "os/link/user_secret.hpp"
#include "os/process.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

std::string names_of(const std::vector<node_address>& addresses) {
  std::string names;
  for (const auto& address : addresses)
    names += (names.empty() ? "" : " or ") + to_string(address);
  return names;
}

} // namespace

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
    return failure{errc::invalid_argument, "addresses: is empty, expected the address of a node"};
  const auto credentials = transport_credentials::load(security, user_directory());
  if (!credentials)
    return credentials.error();
  const internal::deadline limit{timeout};
  const auto tries = addresses.size(); // The first try of each address.
  const auto named = names_of(addresses);
  ignore_sigpipe();
  auto blocking = std::make_unique<internal::blocking_client>(
      std::move(addresses), std::clamp(timeout, duration{1}, connect_limit_max), *credentials);
  auto ready = blocking->wait_until_ready(limit);
  for (std::size_t tried = 1; !ready && ready.error().code == errc::unavailable && tried < tries;
       ++tried)
    ready = blocking->wait_until_ready(limit);
  if (!ready && ready.error().code == errc::timed_out)
    return failure{errc::unavailable, "no node answers at " + named + " within " +
                                          std::to_string(timeout.count()) + " ms"};
  if (!ready)
    return ready.error();
  return std::unique_ptr<client>{new client{std::move(blocking)}};
}

client::client(std::unique_ptr<internal::blocking_client> blocking)
    : client_(std::move(blocking)) {}
client::~client() = default;

void client::close() {
  client_->close();
}

std::uint32_t client::shard_count() const {
  return client_->shard_count();
}

void client::submit_async(task_spec task, std::function<void(result<submitted>)> on_result) {
  client_->inbox().submit({std::move(task), std::move(on_result)});
}

result<submitted> client::submit(task_spec task, duration timeout) {
  std::vector<task_spec> tasks;
  tasks.push_back(std::move(task));
  return std::move(submit_many(std::move(tasks), timeout).front());
}

std::vector<result<submitted>> client::submit_many(std::vector<task_spec> tasks, duration timeout) {
  const internal::deadline limit{timeout};
  const auto pending = std::make_shared<internal::pending_results<submitted>>(tasks.size());
  const auto group = client_->new_group();
  for (std::size_t i = 0; i < tasks.size(); ++i)
    client_->inbox().submit(
        {std::move(tasks[i]),
         [pending, i](result<submitted> outcome) { pending->set(i, std::move(outcome)); }, group});
  return client_->wait_for(*pending, group, limit);
}

std::optional<std::string> client::take_unwritten_reason() {
  return client_->take_unwritten_reason();
}

result<done> client::give_up_refused(duration timeout) {
  const auto pending = std::make_shared<internal::pending_results<done>>();
  client_->inbox().push(
      give_up_call{0, [pending](result<done> outcome) { pending->set(0, std::move(outcome)); }});
  return pending->wait(timeout).front();
}

result<done> client::flush(duration timeout) {
  const auto pending = std::make_shared<internal::pending_results<done>>();
  client_->inbox().push(
      flush_call{[pending](result<done> outcome) { pending->set(0, std::move(outcome)); }});
  return pending->wait(timeout).front();
}

} // namespace belfry
