#include "belfry/actors/node.hpp"

#include "base/foreign_thread_scope.hpp"
#include "node/log_direction.hpp"
#include "node/node_checks.hpp"
#include "node/node_impl.hpp"

#include "os/process.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <utility>
#include <variant>

namespace belfry {

namespace {

/// Logs why the node could not start. The destructor of its parts has run when the caller returns.
failure refuse(const std::string& name, failure reason) {
  spdlog::error("node.start_failed name={} reason={}", log_value(name), log_value(reason.what));
  return reason;
}

} // namespace

result<std::unique_ptr<node>> node::start(node_options options, handler_registry handlers) {
  return start(std::move(options), std::move(handlers), task_behaviors{});
}

result<std::unique_ptr<node>> node::start(node_options options, handler_registry handlers,
                                          const task_behaviors& behaviors) {
  auto logging = std::make_unique<log_direction>(options.log);
  if (const auto checked = check_options(options); !checked)
    return refuse(options.name.value_or(""), checked.error());
  ignore_sigpipe();
  const foreign_thread_scope scope;
  auto impl = std::make_unique<implementation>(std::move(options), std::move(handlers), behaviors);
  impl->logging = std::move(logging);
  const auto& listen = impl->options.listen;
  const auto* remote = std::get_if<remote_storage>(&impl->options.storage);
  auto step = impl->load_credentials();
  // The journal comes early: it is the most frequent reason why a node cannot start.
  if (step && !remote)
    step = impl->open_journal();
  if (step)
    step = impl->boot();
  if (step && !remote)
    step = impl->start_server();
  if (step && impl->slots > 0)
    step = impl->start_worker();
  if (!step)
    return refuse(impl->name, step.error());
  if (remote)
    spdlog::info("node.started name={} joins={} slots={}", log_value(impl->name),
                 printable(to_string(remote->nodes.front())), impl->slots);
  else
    spdlog::info("node.started name={} address={} shards={} slots={}", log_value(impl->name),
                 printable(to_string(node_address{listen.bind, impl->port})), impl->shards,
                 impl->slots);
  return std::unique_ptr<node>{new node{std::move(impl)}};
}

node::node(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}

node::~node() {
  stop();
}

std::uint16_t node::port() const {
  return impl_->port;
}

std::uint16_t node::http_port() const {
  return impl_->http_port();
}

std::string node::wait() {
  const auto failed = impl_->watched_actors.wait();
  return failed ? failed->what : std::string{};
}

bool node::is_responsive(duration silence_max) {
  return impl_->is_responsive(silence_max);
}

void node::stop(duration grace) {
  impl_->stop(grace);
}

} // namespace belfry
