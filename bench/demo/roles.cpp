#include "demo_cluster.hpp"

#include "belfry/node.hpp"
#include "driver/payload.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <sstream>

namespace belfry::demo {

namespace {

/// Takes its worker down, as a handler with a bad bug does.
run_result poison(run&) {
  ::kill(::getpid(), SIGKILL);
  return run_result::success();
}

/// Sleeps for the milliseconds in its payload, then ends as that says.
run_result sleep_for_payload(run& task) {
  std::istringstream payload{task.payload()};
  std::int64_t ms = 0;
  std::string end;
  payload >> ms >> end;
  if (task.wait_for(duration{ms}))
    return run_result::failed("cancelled", "woken up");
  return end == "fail" ? run_result::failed_permanently("as_traced", "this row of the trace failed")
                       : run_result::success();
}

std::unique_ptr<node> start_or_die(const node_options& options, const handler_registry& handlers) {
  // The standard output is for the parent.
  spdlog::set_default_logger(spdlog::stderr_color_mt("belfry"));
  auto started = node::start(options, handlers);
  if (!started)
    bench::die(started.error().what);
  return std::move(*started);
}

void wait_for_end_of_input() {
  for (std::string line; std::getline(std::cin, line);) {
  }
}

} // namespace

int run_node_process(const std::string& directory, const node_address& address) {
  node_options options;
  options.name = "demo";
  options.storage = directory_storage{directory};
  options.listen.bind = address.host;
  options.listen.port = address.port;
  options.runs.lease = duration{3'000}; // A lost worker's tasks should not wait for long here.
  const auto running = start_or_die(options, {});
  std::cout << running->port() << std::endl;
  wait_for_end_of_input();
  return 0;
}

int run_worker_process(const node_address& node, std::uint32_t slots) {
  node_options options;
  options.storage = remote_storage{.nodes = {node}};
  options.worker = node_worker{.slots = slots};
  handler_registry handlers;
  handlers.on("poison", poison).on("sleep", sleep_for_payload);
  const auto running = start_or_die(options, handlers);
  wait_for_end_of_input();
  return 0;
}

} // namespace belfry::demo
