#include "cluster/cluster_map.hpp"

#include "belfry/options.hpp"
#include "placement/rebalance_plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace belfry {

namespace {

std::map<member_id, std::uint32_t> node_numbers_of(const cluster_view& view) {
  std::map<member_id, std::uint32_t> numbers; // From 1 on.
  for (const auto& node : view.members)
    numbers.emplace(node.id, static_cast<std::uint32_t>(numbers.size() + 1));
  return numbers;
}

std::uint32_t node_number_in(const std::map<member_id, std::uint32_t>& numbers, member_id id) {
  const auto found = numbers.find(id);
  return found == numbers.end() ? 0 : found->second;
}

void write(const member& node, wire::Peer& peer) {
  peer.set_member(node.id.value);
  peer.set_name(node.name);
  peer.set_host(node.host);
  peer.set_port(node.port);
}

} // namespace

bool cluster_map::update(const cluster_updated& latest) {
  latest_ = latest;
  map_.Clear();
  const auto numbers = node_numbers_of(*latest.view);
  for (const auto& node : latest.view->members)
    write(node, *map_.add_nodes());
  for (const auto owner : latest.routes)
    map_.add_owners(node_number_in(numbers, owner));
  for (const auto& queue : outbox_queues_)
    map_.add_outbox_queues(queue);
  for (const auto& assigned : latest.view->assignments)
    map_.add_epochs(assigned.epoch);
  auto serialized = map_.SerializeAsString();
  map_.set_version(to_ms(latest.view->now));
  map_.set_reported_by(latest.self.value);
  return std::exchange(serialized_map_, std::move(serialized)) != serialized_map_;
}

bool cluster_map::set_outbox_queues(const std::set<std::string>& queues) {
  if (queues == outbox_queues_)
    return false;
  outbox_queues_ = queues;
  return latest_ && update(cluster_updated{*latest_});
}

wire::Cluster cluster_map::details() const {
  wire::Cluster all;
  if (!latest_)
    return all;
  const auto& view = *latest_->view;
  const auto numbers = node_numbers_of(view);
  std::vector<std::uint32_t> shard_counts(view.members.size() + 1);
  for (const auto& assigned : view.assignments) {
    const auto owner = node_number_in(numbers, assigned.owner);
    ++shard_counts[owner];
    all.add_owners(owner);
    all.add_epochs(assigned.epoch);
  }
  for (const auto& node : view.members) {
    auto& peer = *all.add_nodes();
    write(node, peer);
    peer.set_weight(node.weight);
    peer.set_is_draining(node.is_draining);
    peer.set_shards(shard_counts[static_cast<std::size_t>(all.nodes_size())]);
  }
  all.set_version(to_ms(view.now));
  all.set_reported_by(latest_->self.value);
  return all;
}

std::uint32_t cluster_map::owned_shard_count() const {
  if (!latest_)
    return 0;
  const auto& assignments = latest_->view->assignments;
  return static_cast<std::uint32_t>(std::count_if(
      assignments.begin(), assignments.end(),
      [this](const shard_assignment& assigned) { return assigned.owner == latest_->self; }));
}

bool cluster_map::is_routed_here(std::uint32_t shard) const {
  return !latest_ || (shard < latest_->routes.size() && latest_->routes[shard] == latest_->self);
}

bool cluster_map::is_owned(std::uint32_t shard) const {
  return latest_ && shard < latest_->view->assignments.size() &&
         latest_->view->assignments[shard].owner == latest_->self;
}

std::string cluster_map::describe_owner(std::uint32_t shard) const {
  const auto* owner = routed_owner(shard);
  if (!owner)
    return {};
  return "node '" + owner->name + "' at " + to_string(node_address{owner->host, owner->port});
}

const member* cluster_map::routed_owner(std::uint32_t shard) const {
  if (!latest_ || shard >= latest_->routes.size())
    return nullptr;
  for (const auto& node : latest_->view->members)
    if (node.id == latest_->routes[shard])
      return &node;
  return nullptr;
}

} // namespace belfry
