#include "link/routing_table.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

std::uint64_t owner_in(const wire::Cluster& cluster, std::uint32_t shard) {
  if (shard >= static_cast<std::uint32_t>(cluster.owners_size()))
    return 0;
  const auto owner = cluster.owners(static_cast<int>(shard));
  if (owner == 0 || owner > static_cast<std::uint32_t>(cluster.nodes_size()))
    return 0;
  return cluster.nodes(static_cast<int>(owner - 1)).member();
}

/// Older nodes report no epochs.
bool has_moved(std::uint32_t shard, const wire::Cluster& before, const wire::Cluster& after) {
  if (owner_in(after, shard) != owner_in(before, shard))
    return true;
  const auto index = static_cast<int>(shard);
  return index < before.epochs_size() && index < after.epochs_size() &&
         before.epochs(index) != after.epochs(index);
}

} // namespace

bool routing_table::is_newer(const wire::Cluster& report, std::int64_t previous_version) const {
  const bool is_set_back = report.version() < previous_version;
  if (!cluster_ || is_set_back || report.version() > cluster_->version())
    return true;
  return report.version() == cluster_->version() && report.reported_by() == cluster_->reported_by();
}

std::set<std::uint32_t> routing_table::replace(const wire::Cluster& report,
                                               std::uint32_t shard_count) {
  const auto before = cluster_ ? *std::move(cluster_) : wire::Cluster{};
  cluster_ = report;
  std::set<std::uint32_t> moved;
  for (std::uint32_t shard = 0; shard < shard_count; ++shard)
    if (has_moved(shard, before, report))
      moved.insert(shard);
  return moved;
}

std::uint64_t routing_table::owner_of(std::uint32_t shard) const {
  return cluster_ ? owner_in(*cluster_, shard) : 0;
}

bool routing_table::has_node(std::uint64_t member) const {
  return cluster_ && std::any_of(cluster_->nodes().begin(), cluster_->nodes().end(),
                                 [&](const wire::Peer& node) { return node.member() == member; });
}

std::size_t routing_table::node_count() const {
  return cluster_ ? static_cast<std::size_t>(cluster_->nodes_size()) : 0;
}

node_address routing_table::address_of(std::size_t index) const {
  const auto& node = cluster_->nodes(static_cast<int>(index));
  return {node.host(), static_cast<std::uint16_t>(node.port())};
}

std::uint64_t routing_table::member_at(std::size_t index) const {
  return cluster_->nodes(static_cast<int>(index)).member();
}

std::set<std::size_t> routing_table::owners() const {
  std::set<std::size_t> owners;
  if (!cluster_)
    return owners;
  for (const auto owner : cluster_->owners())
    if (owner > 0 && owner <= static_cast<std::uint32_t>(cluster_->nodes_size()))
      owners.insert(owner - 1);
  return owners;
}

} // namespace belfry
