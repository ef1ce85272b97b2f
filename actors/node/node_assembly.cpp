#include "node/node_assembly.hpp"

#include "base/io_thread_actor.hpp"
#include "client/client_actor.hpp"
#include "dispatcher/dispatcher.hpp"
#include "node/router.hpp"
#include "node/supervisor.hpp"
#include "outbox/outbox.hpp"
#include "shard/journal_keeper.hpp"
#include "shard/shard.hpp"

#include "belfry/contract.hpp"
#include "random/prng.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace belfry {

namespace {

child_spec journal_keeper_spec(std::string name, journal_opener open, bool is_detached) {
  return {std::move(name),
          0,
          [open = std::move(open), is_detached](caf::actor_system& system) {
            return is_detached ? system.spawn<caf::detached>(journal_keeper, open)
                               : system.spawn(journal_keeper, open);
          },
          {}};
}

child_spec outbox_spec(const node_impl& parts) {
  outbox_options options;
  options.time = parts.time;
  options.submits = parts.submits;
  prng lives{parts.seed ^ 0x0B0C'5ULL};
  options.start_client = [lives, transport = parts.membership->transport, cluster = parts.cluster](
                             caf::actor_system& system, const caf::actor& router) mutable {
    client_options how;
    how.addresses.clear();
    how.router = router;
    how.transport = transport;
    how.cluster = cluster;
    how.seed = lives.next();
    how.may_defer = false; // It would come back here.
    return spawn_client(system, std::move(how));
  };
  return {"outbox",
          0,
          [options](caf::actor_system& system) { return system.spawn(outbox, options); },
          {}};
}

child_spec cluster_plan(const node_impl& parts, std::uint16_t port) {
  auto options = *parts.membership;
  if (options.self.port == 0)
    options.self.port = port;
  return {
      "cluster_keeper",
      0,
      [options = std::move(options), detach = parts.is_keeper_detached](caf::actor_system& system) {
        return detach ? system.spawn<caf::detached>(cluster_keeper, options)
                      : system.spawn(cluster_keeper, options);
      },
      {}};
}

child_spec shard_spec(const node_impl& parts, std::uint16_t index) {
  // Every shard, and every life of it, has its own sequence of chances.
  prng lives{parts.seed + index};
  return {"shard",
          index,
          [index, lives, time = parts.time, submits = parts.submits, runs = parts.runs,
           limits = parts.per_shard_limits, is_shared = parts.membership.has_value(),
           is_beside = parts.runs_on_io_thread](caf::actor_system& system) mutable {
            shard_options how{.shard = {index},
                              .time = time,
                              .seed = lives.next(),
                              .submits = submits,
                              .runs = runs,
                              .limits = limits,
                              .is_shared = is_shared};
            return spawn_on_io_thread(system, is_beside,
                                      [how](auto* self) { return shard_actor(self, how); });
          },
          {},
          parts.membership.has_value()};
}

child_spec dispatcher_spec(const node_impl& parts) {
  return {"dispatcher",
          0,
          [options = dispatcher_options{parts.runs, parts.shards},
           is_beside = parts.runs_on_io_thread](caf::actor_system& system) {
            return spawn_on_io_thread(system, is_beside,
                                      [options](auto* self) { return dispatcher(self, options); });
          },
          {}};
}

/// Others hold on to the router's address, which a new one would not have: the router has no
/// second life, and the node ends with it.
child_spec router_spec(caf::actor router) {
  return {"router",
          0,
          [router = std::move(router)](caf::actor_system&) { return router; },
          {.restarts_max = 0}};
}

router_options router_options_of(const node_impl& parts) {
  router_options options{
      .name = parts.name, .cluster = parts.cluster, .shards = parts.shards, .time = parts.time};
  options.is_clustered = parts.membership.has_value();
  // A batch is sent before it is much larger than one task.
  options.envelope_bytes_max =
      std::max(options.envelope_bytes_max, 4 * parts.submits.payload_bytes_max);
  return options;
}

} // namespace

result<running_node> assemble_node(caf::actor_system& system, node_impl parts) {
  expects(parts.publish != nullptr, "assemble_node: can be reached");
  expects(parts.time != nullptr, "assemble_node: has a clock");
  expects(parts.open_journal != nullptr, "assemble_node: has a journal");
  expects(parts.shards >= 1, "assemble_node: has a shard");
  expects(!parts.open_outbox || parts.membership, "assemble_node: an outbox is for a cluster");
  auto front = spawn_router(system, router_options_of(parts));
  const auto port = parts.publish(front);
  if (!port)
    return port.error();
  // They end in reverse: the shards before they are given away, and the journal last.
  std::vector<child_spec> specs{
      journal_keeper_spec("journal_keeper", parts.open_journal, parts.is_keeper_detached)};
  if (parts.membership)
    specs.push_back(cluster_plan(parts, *port));
  for (std::uint16_t index = 0; index < parts.shards; ++index)
    specs.push_back(shard_spec(parts, index));
  specs.push_back(dispatcher_spec(parts));
  if (parts.open_outbox) {
    specs.push_back(
        journal_keeper_spec("outbox_keeper", parts.open_outbox, parts.is_keeper_detached));
    specs.push_back(outbox_spec(parts));
  }
  specs.push_back(router_spec(front));
  return running_node{spawn_supervisor(system, std::move(specs)), std::move(front), *port};
}

} // namespace belfry
