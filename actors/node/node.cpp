#include "belfry/actors/node.hpp"

#include "base/system_guest.hpp"
#include "node/node_checks.hpp"
#include "node/node_parts.hpp"

#include "os/process.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace belfry {

namespace {

/// Why the node could not start; what there is of it has ended when this is returned.
failure refuse(const node_options& options, failure why) {
  spdlog::error("node.refused name={} why=\"{}\"", options.name, why.what);
  return why;
}

} // namespace

result<std::unique_ptr<node>> node::start(node_options options, handler_registry handlers,
                                          task_behaviors behaviors) {
  if (const auto checked = check_options(options); !checked)
    return refuse(options, checked.error());
  ignore_broken_pipes();
  const system_guest stay;
  auto inside =
      std::make_unique<parts>(std::move(options), std::move(handlers), std::move(behaviors));
  const auto& is = inside->options;
  const bool keeps = is_keeper(is);
  auto step = inside->read_keys();
  // The journal then: it is what most often stands in the way.
  if (step && keeps)
    step = inside->open_journal();
  if (step)
    step = inside->boot();
  if (step && keeps)
    step = inside->keep_tasks();
  if (step && is.slots > 0)
    step = inside->run_tasks();
  if (!step)
    return refuse(is, step.error());
  if (keeps)
    spdlog::info("node.started name={} address={}:{} shards={} slots={}", is.name, is.bind,
                 inside->port, is.shards, is.slots);
  else
    spdlog::info("node.started name={} joins={}:{} slots={}", is.name, is.join.front().host,
                 is.join.front().port, is.slots);
  return std::unique_ptr<node>{new node{std::move(inside)}};
}

node::node(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}

node::~node() {
  stop();
}

std::uint16_t node::port() const {
  return inside_->port;
}

std::string node::wait() {
  const auto end = inside_->signs.wait();
  return end ? end->what : std::string{};
}

void node::stop(duration patience) {
  inside_->stop(patience);
}

} // namespace belfry
