#include "bench_security.hpp"
#include "payload.hpp"
#include "roles.hpp"

#include "belfry/node.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <iostream>
#include <optional>

namespace belfry::bench {

int run_node_role(const role_options& options) {
  // The standard output is for the driver.
  spdlog::set_default_logger(spdlog::stderr_color_mt("belfry"));
  node_options set;
  set.name = options.name;
  set.listen.port = options.port;
  std::optional<std::uint16_t> shards;
  if (options.shards > 0)
    shards = options.shards;
  if (options.store.empty())
    set.storage = directory_storage{.path = options.data_directory, .shards = shards};
  else
    set.storage =
        database_storage{.uri = options.store, .cluster = bench_cluster, .shards = shards};
  if (options.open_max > 0)
    set.submits.open_tasks_max = options.open_max;
  set.security = bench_security();
  auto started = node::start(set);
  if (!started)
    die(started.error().what);
  std::cout << (*started)->port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  (*started)->stop();
  return 0;
}

} // namespace belfry::bench
