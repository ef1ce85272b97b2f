#pragma once

#include "base/local_messages.hpp"

#include "wire/messages.pb.h"

#include <optional>
#include <set>
#include <string>

namespace belfry {

/// What a node tells others of its cluster. Part of one actor; empty in a node that is alone.
class cluster_map {
public:
  /// Takes over what was seen. Returns whether others must hear of it: who is there, who answers
  /// for which shard, and whether a shard began anew where it was.
  bool update(const cluster_updated& news);

  /// The outbox of this node takes tasks of these queues. Returns whether others must hear of it.
  bool set_outbox_queues(const std::set<std::string>& queues);

  [[nodiscard]] bool is_empty() const { return !latest_; }
  [[nodiscard]] member_id self() const { return latest_ ? latest_->self : member_id{}; }

  /// For those who look for shards.
  [[nodiscard]] const wire::Cluster& map() const { return map_; }
  /// For people: everything.
  [[nodiscard]] wire::Cluster details() const;

  /// How many shards this node has.
  [[nodiscard]] std::uint32_t held() const;
  /// Whether this node answers for `shard`, or will in a moment.
  [[nodiscard]] bool is_routed_here(std::uint32_t shard) const;
  /// Whether the seat of `shard` is this node's.
  [[nodiscard]] bool is_owned(std::uint32_t shard) const;
  /// Who does, for people: `node 'b' at 10.0.0.2:4100`; empty: nobody.
  [[nodiscard]] std::string describe_owner(std::uint32_t shard) const;

private:
  [[nodiscard]] const member* routed_owner(std::uint32_t shard) const;

  std::optional<cluster_updated> latest_;
  wire::Cluster map_;
  std::string serialized_map_; // The map without its version, as bytes.
  std::set<std::string> outbox_queues_;
};

} // namespace belfry
