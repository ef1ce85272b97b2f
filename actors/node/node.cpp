#include "belfry/actors/node.hpp"

#include "base/foreign_thread_scope.hpp"
#include "node/node_checks.hpp"
#include "node/node_impl.hpp"

#include "os/process.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace belfry {

namespace {

/// Why the node could not start; what there is of it has ended when this is returned.
failure refuse(const node_options& options, failure why) {
  spdlog::error("node.start_failed name={} reason=\"{}\"", options.name, why.what);
  return why;
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
  const foreign_thread_scope stay;
  auto impl = std::make_unique<implementation>(std::move(options), std::move(handlers), behaviors);
  const auto& is = impl->options;
  const bool keeps = is_server(is);
  auto step = impl->read_keys();
  // The journal then: it is what most often stands in the way.
  if (step && keeps)
    step = impl->open_journal();
  if (step)
    step = impl->boot();
  if (step && keeps)
    step = impl->start_server();
  if (step && is.slots > 0)
    step = impl->start_worker();
  if (!step)
    return refuse(is, step.error());
  if (keeps)
    spdlog::info("node.started name={} address={}:{} shards={} slots={}", is.name, is.bind,
                 impl->port, is.shards, is.slots);
  else
    spdlog::info("node.started name={} joins={}:{} slots={}", is.name, is.join.front().host,
                 is.join.front().port, is.slots);
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
  const auto end = impl_->monitors.wait();
  return end ? end->what : std::string{};
}

void node::stop(duration grace) {
  impl_->stop(grace);
}

} // namespace belfry
