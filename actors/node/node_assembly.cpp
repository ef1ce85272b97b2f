#include "node/node_assembly.hpp"

#include "base/beside_network.hpp"
#include "client/client_actor.hpp"
#include "dispatcher/dispatcher.hpp"
#include "node/gateway.hpp"
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

child_plan keeper_plan(std::string name, journal_opener open, bool is_detached) {
  return {std::move(name),
          0,
          [open = std::move(open), is_detached](caf::actor_system& system) {
            return is_detached ? system.spawn<caf::detached>(journal_keeper, open)
                               : system.spawn(journal_keeper, open);
          },
          {}};
}

child_plan outbox_plan(const node_parts& parts) {
  outbox_options options;
  options.time = parts.time;
  options.submits = parts.submits;
  prng lives{parts.seed ^ 0x0B0C'5ULL};
  options.start_client = [lives, transport = parts.membership->transport, cluster = parts.cluster](
                             caf::actor_system& system, const caf::actor& gateway) mutable {
    client_options how;
    how.places.clear();
    how.gateway = gateway;
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

child_plan cluster_plan(const node_parts& parts, std::uint16_t port) {
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

child_plan shard_plan(const node_parts& parts, std::uint16_t index) {
  // Every shard, and every life of it, has its own sequence of chances.
  prng lives{parts.seed + index};
  return {"shard",
          index,
          [index, lives, time = parts.time, submits = parts.submits, runs = parts.runs,
           limits = parts.of_shards, is_shared = parts.membership.has_value(),
           is_beside = parts.is_beside_network](caf::actor_system& system) mutable {
            shard_options how{.shard = {index},
                              .time = time,
                              .seed = lives.next(),
                              .submits = submits,
                              .runs = runs,
                              .limits = limits,
                              .is_shared = is_shared};
            return spawn_beside_network(system, is_beside,
                                        [how](auto* self) { return shard_actor(self, how); });
          },
          {},
          parts.membership.has_value()};
}

child_plan dispatcher_plan(const node_parts& parts) {
  return {"dispatcher",
          0,
          [options = dispatcher_options{parts.runs, parts.shards},
           is_beside = parts.is_beside_network](caf::actor_system& system) {
            return spawn_beside_network(
                system, is_beside, [options](auto* self) { return dispatcher(self, options); });
          },
          {}};
}

/// Others hold on to the gateway's address, which a new one would not have: the gateway has no
/// second life, and the node ends with it.
child_plan gateway_plan(caf::actor gateway) {
  return {"gateway",
          0,
          [gateway = std::move(gateway)](caf::actor_system&) { return gateway; },
          {.restarts_max = 0}};
}

gateway_options options_of_gateway(const node_parts& parts) {
  gateway_options options{
      .name = parts.name, .cluster = parts.cluster, .shards = parts.shards, .time = parts.time};
  options.is_clustered = parts.membership.has_value();
  // A batch is sent before it is much larger than one task.
  options.envelope_bytes_max =
      std::max(options.envelope_bytes_max, 4 * parts.submits.payload_bytes_max);
  return options;
}

} // namespace

result<running_node> assemble_node(caf::actor_system& system, node_parts parts) {
  expects(parts.publish != nullptr, "assemble_node: can be reached");
  expects(parts.time != nullptr, "assemble_node: has a clock");
  expects(parts.open_journal != nullptr, "assemble_node: has a journal");
  expects(parts.shards >= 1, "assemble_node: has a shard");
  expects(!parts.open_outbox || parts.membership, "assemble_node: an outbox is for a cluster");
  auto front = spawn_gateway(system, options_of_gateway(parts));
  const auto port = parts.publish(front);
  if (!port)
    return port.error();
  // They end in reverse: the shards before they are given away, and the journal last.
  std::vector<child_plan> plans{
      keeper_plan("journal_keeper", parts.open_journal, parts.is_keeper_detached)};
  if (parts.membership)
    plans.push_back(cluster_plan(parts, *port));
  for (std::uint16_t index = 0; index < parts.shards; ++index)
    plans.push_back(shard_plan(parts, index));
  plans.push_back(dispatcher_plan(parts));
  if (parts.open_outbox) {
    plans.push_back(keeper_plan("outbox_keeper", parts.open_outbox, parts.is_keeper_detached));
    plans.push_back(outbox_plan(parts));
  }
  plans.push_back(gateway_plan(front));
  return running_node{spawn_supervisor(system, std::move(plans)), std::move(front), *port};
}

} // namespace belfry
