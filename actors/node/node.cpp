#include "belfry/actors/node.hpp"

#include "base/foreign_thread_scope.hpp"
#include "node/node_checks.hpp"
#include "node/node_impl.hpp"

#include "os/process.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace belfry {

namespace {

/// Logs why the node could not start. The destructor of its parts has run when the caller returns.
failure refuse(const node_options& options, failure reason) {
  spdlog::error("node.start_failed name={} reason=\"{}\"", options.name, reason.what);
  return reason;
}

} // namespace

result<std::unique_ptr<node>> node::start(node_options options, handler_registry handlers) {
  return start(std::move(options), std::move(handlers), task_behaviors{});
}

result<std::unique_ptr<node>> node::start(node_options options, handler_registry handlers,
                                          const task_behaviors& behaviors) {
  if (const auto checked = check_options(options); !checked)
    return refuse(options, checked.error());
  ignore_sigpipe();
  const foreign_thread_scope scope;
  auto impl = std::make_unique<implementation>(std::move(options), std::move(handlers), behaviors);
  const auto& applied = impl->options;
  const bool is_serving = is_server(applied);
  auto step = impl->load_credentials();
  // The journal comes early: it is the most frequent reason why a node cannot start.
  if (step && is_serving)
    step = impl->open_journal();
  if (step)
    step = impl->boot();
  if (step && is_serving)
    step = impl->start_server();
  if (step && applied.slots > 0)
    step = impl->start_worker();
  if (!step)
    return refuse(applied, step.error());
  if (is_serving)
    spdlog::info("node.started name={} address={}:{} shards={} slots={}", applied.name,
                 applied.bind, impl->port, applied.shards, applied.slots);
  else
    spdlog::info("node.started name={} joins={}:{} slots={}", applied.name,
                 applied.join.front().host, applied.join.front().port, applied.slots);
  return std::unique_ptr<node>{new node{std::move(impl)}};
}

node::node(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}

node::~node() {
  stop();
}

std::uint16_t node::port() const {
  return impl_->port;
}

std::string node::wait() {
  const auto failed = impl_->watched_actors.wait();
  return failed ? failed->what : std::string{};
}

void node::stop(duration grace) {
  impl_->stop(grace);
}

} // namespace belfry
