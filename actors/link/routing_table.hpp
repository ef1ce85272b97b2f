#pragma once

#include "belfry/options.hpp"
#include "wire/messages.pb.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

namespace belfry {

/// Which node owns which shard, as far as the nodes have reported.
///
/// Nodes report asynchronously and may contradict each other: `is_newer` decides which report
/// counts. A value without actors; the caller owns it.
class routing_table {
public:
  /// Whether a node has reported a cluster at all. A node that is alone reports none.
  [[nodiscard]] bool is_known() const { return cluster_.has_value(); }

  /// Whether `report` replaces what is known. `previous_version` is that of the reporting node's
  /// previous report; 0: this is its first.
  ///
  /// - A greater version replaces a smaller one.
  /// - Of two nodes that read the storage in the same millisecond, the first report stays: nodes
  ///   that name each other as owners would otherwise send a client back and forth.
  /// - A node that reports a smaller version than before shows that the storage's clock was set
  ///   back, or that a standby with a slower clock was promoted: everything known is outdated.
  [[nodiscard]] bool is_newer(const wire::Cluster& report, std::int64_t previous_version) const;

  /// Takes `report` over. Returns the shards below `shard_count` that have another owner than
  /// before, or were restarted where they were (their epoch has changed).
  std::set<std::uint32_t> replace(const wire::Cluster& report, std::uint32_t shard_count);

  /// The member that owns `shard`; 0: none, or unknown.
  [[nodiscard]] std::uint64_t owner_of(std::uint32_t shard) const;
  /// Whether `member` is a node of the cluster.
  [[nodiscard]] bool has_node(std::uint64_t member) const;

  /// The nodes are numbered from 0 to `node_count()` - 1.
  [[nodiscard]] std::size_t node_count() const;
  /// Requires: `index` is less than `node_count()`.
  [[nodiscard]] node_address address_of(std::size_t index) const;
  [[nodiscard]] std::uint64_t member_at(std::size_t index) const;
  /// The indexes of the nodes that own a shard.
  [[nodiscard]] std::set<std::size_t> owners() const;

private:
  std::optional<wire::Cluster> cluster_;
};

} // namespace belfry
