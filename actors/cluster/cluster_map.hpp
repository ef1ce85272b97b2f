#pragma once

#include "base/local_messages.hpp"

#include "wire/messages.pb.h"

#include <optional>
#include <set>
#include <string>

namespace belfry {

/// The cluster, as a node describes it to clients, workers and operators. Part of one actor; empty
/// in a node without a cluster.
class cluster_map {
public:
  /// Stores the latest view. Returns whether the map has changed: its members, the owner of a shard
  /// or a shard's epoch. A changed map is to be published.
  bool update(const cluster_updated& latest);

  /// The outbox of this node accepts tasks of these queues. Returns whether the map has changed.
  bool set_outbox_queues(const std::set<std::string>& queues);

  [[nodiscard]] bool is_empty() const { return !latest_; }
  [[nodiscard]] member_id self() const { return latest_ ? latest_->self : member_id{}; }

  /// For clients and workers, which look up the owners of shards.
  [[nodiscard]] const wire::Cluster& map() const { return map_; }
  /// For operators: with weights, drains and shard counts.
  [[nodiscard]] wire::Cluster details() const;

  /// How many shards this node owns.
  [[nodiscard]] std::uint32_t owned_shard_count() const;
  /// Whether requests for `shard` are routed to this node: it owns the shard, or will claim it.
  [[nodiscard]] bool is_routed_here(std::uint32_t shard) const;
  /// Whether `shard` is assigned to this node.
  [[nodiscard]] bool is_owned(std::uint32_t shard) const;
  /// The node that `shard` is routed to, for people: `node 'b' at 10.0.0.2:4100`; empty: none.
  [[nodiscard]] std::string describe_owner(std::uint32_t shard) const;

private:
  [[nodiscard]] const member* routed_owner(std::uint32_t shard) const;

  std::optional<cluster_updated> latest_;
  wire::Cluster map_;
  std::string serialized_map_; // The map without its version, as bytes.
  std::set<std::string> outbox_queues_;
};

} // namespace belfry
