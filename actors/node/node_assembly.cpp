#include "node/node_assembly.hpp"

#include "base/io_thread_actor.hpp"
#include "client/client_actor.hpp"
#include "dispatcher/dispatcher.hpp"
#include "node/router.hpp"
#include "node/supervisor.hpp"
#include "outbox/outbox.hpp"
#include "shard/journal_keeper.hpp"
#include "shard/shard.hpp"
#include "telemetry/metrics_collector.hpp"

#include "belfry/contract.hpp"
#include "random/prng.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace belfry {

namespace {

/// For a keeper that follows a failed one.
journal_opener reopen(std::string name, journal_opener open) {
  return [name = std::move(name), open = std::move(open)] {
    auto opened = open();
    if (opened)
      spdlog::info("journal.reopened keeper={}", name);
    return opened;
  };
}

child_spec journal_keeper_spec(const std::string& name, const journal_opener& open,
                               bool is_detached) {
  return {.name = name,
          .start = [open, again = reopen(name, open), is_detached,
                    is_first = true](caf::actor_system& system) mutable {
            const auto& opener = std::exchange(is_first, false) ? open : again;
            return is_detached ? system.spawn<caf::detached>(journal_keeper, opener)
                               : system.spawn(journal_keeper, opener);
          }};
}

child_spec outbox_spec(const assembly_options& node) {
  outbox_options options;
  options.time = node.time;
  options.submits = node.submits;
  prng seeds{node.seed ^ 0x0B0C'5ULL};
  options.start_client = [seeds, transport = node.cluster_keeper->transport,
                          cluster = node.cluster](caf::actor_system& system,
                                                  const caf::actor& router) mutable {
    client_options client;
    client.addresses.clear();
    client.router = router;
    client.transport = transport;
    client.cluster = cluster;
    client.seed = seeds.next();
    client.may_defer = false; // Its tasks would return to this outbox.
    return spawn_client(system, std::move(client));
  };
  return {.name = "outbox",
          .start = [options](caf::actor_system& system) { return system.spawn(outbox, options); }};
}

child_spec cluster_keeper_spec(const assembly_options& node, std::uint16_t port) {
  auto options = *node.cluster_keeper;
  if (options.self.port == 0)
    options.self.port = port;
  return {.name = "cluster_keeper",
          .start = [options = std::move(options),
                    is_detached = node.is_keeper_detached](caf::actor_system& system) {
            return is_detached ? system.spawn<caf::detached>(cluster_keeper, options)
                               : system.spawn(cluster_keeper, options);
          }};
}

child_spec shard_spec(const assembly_options& node, std::uint16_t index) {
  // Each incarnation of each shard has its own random sequence.
  prng seeds{node.seed + index};
  return {.name = "shard",
          .index = index,
          .start =
              [index, seeds, time = node.time, booted_at = node.booted_at, submits = node.submits,
               runs = node.runs, limits = node.per_shard_limits,
               is_shared = node.cluster_keeper.has_value(),
               acquired_epoch = std::make_shared<std::atomic<std::uint64_t>>(0),
               counters = node.counts_tasks ? std::make_shared<task_counters>() : nullptr,
               on_io_thread = node.runs_on_io_thread](caf::actor_system& system) mutable {
                shard_options options{.shard = {index},
                                      .time = time,
                                      .seed = seeds.next(),
                                      .booted_at = booted_at,
                                      .submits = submits,
                                      .runs = runs,
                                      .limits = limits,
                                      .is_shared = is_shared,
                                      .acquired_epoch = acquired_epoch,
                                      .counters = counters};
                return spawn_on_io_thread(system, on_io_thread, [options](auto* self) {
                  return shard_actor(self, options);
                });
              },
          .is_on_demand = node.cluster_keeper.has_value()};
}

child_spec dispatcher_spec(const assembly_options& node) {
  return {.name = "dispatcher",
          .start = [options = dispatcher_options{node.runs, node.shards},
                    on_io_thread = node.runs_on_io_thread](caf::actor_system& system) {
            return spawn_on_io_thread(system, on_io_thread,
                                      [options](auto* self) { return dispatcher(self, options); });
          }};
}

child_spec metrics_collector_spec(const assembly_options& node) {
  return {.name = "metrics_collector",
          .start = [counters = std::make_shared<counters_by_shard>(),
                    on_io_thread = node.runs_on_io_thread](caf::actor_system& system) {
            return spawn_on_io_thread(system, on_io_thread, [counters](auto* self) {
              return metrics_collector(self, counters);
            });
          }};
}

/// Clients and workers hold the router's address, which a restarted one would not have: so it is
/// not restarted, and the node ends with it.
child_spec router_spec(caf::actor router) {
  return {.name = "router",
          .start = [router = std::move(router)](caf::actor_system&) { return router; },
          .limits = {.restarts_max = 0}};
}

router_options router_options_of(const assembly_options& node) {
  router_options options{
      .name = node.name, .cluster = node.cluster, .shards = node.shards, .time = node.time};
  options.is_clustered = node.cluster_keeper.has_value();
  // A client sends a batch before it is much larger than one task.
  options.envelope_bytes_max =
      std::max(options.envelope_bytes_max, 4 * node.submits.payload_bytes_max);
  return options;
}

} // namespace

result<running_node> assemble_node(caf::actor_system& system, assembly_options options) {
  expects(options.publish != nullptr, "assemble_node: can be published");
  expects(options.time != nullptr, "assemble_node: has a clock");
  expects(options.open_journal != nullptr, "assemble_node: has a journal");
  expects(options.shards >= 1, "assemble_node: has a shard");
  expects(!options.open_outbox || options.cluster_keeper,
          "assemble_node: an outbox is for a cluster");
  auto router = spawn_router(system, router_options_of(options));
  const auto port = options.publish(router);
  if (!port)
    return port.error();
  // They stop in reverse order: the shards before the cluster keeper releases them, the journal
  // last.
  std::vector<child_spec> specs{
      journal_keeper_spec("journal_keeper", options.open_journal, options.is_keeper_detached)};
  if (options.cluster_keeper)
    specs.push_back(cluster_keeper_spec(options, *port));
  for (std::uint16_t index = 0; index < options.shards; ++index)
    specs.push_back(shard_spec(options, index));
  specs.push_back(dispatcher_spec(options));
  if (options.open_outbox) {
    specs.push_back(
        journal_keeper_spec("outbox_keeper", options.open_outbox, options.is_keeper_detached));
    specs.push_back(outbox_spec(options));
  }
  if (options.has_collector)
    specs.push_back(metrics_collector_spec(options));
  specs.push_back(router_spec(router));
  return running_node{spawn_supervisor(system, std::move(specs)), std::move(router), *port};
}

} // namespace belfry
