#include "cluster/cluster_map.hpp"

#include "placement/rebalance_plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace belfry {

namespace {

std::map<member_id, std::uint32_t> node_numbers_of(const cluster_view& view) {
  std::map<member_id, std::uint32_t> addresses; // From 1 on.
  for (const auto& one : view.members)
    addresses.emplace(one.id, static_cast<std::uint32_t>(addresses.size() + 1));
  return addresses;
}

std::uint32_t node_number_in(const std::map<member_id, std::uint32_t>& addresses, member_id id) {
  const auto found = addresses.find(id);
  return found == addresses.end() ? 0 : found->second;
}

void write(const member& one, wire::Peer& to) {
  to.set_member(one.id.value);
  to.set_name(one.name);
  to.set_host(one.host);
  to.set_port(one.port);
}

} // namespace

bool cluster_map::update(const cluster_updated& news) {
  latest_ = news;
  map_.Clear();
  const auto addresses = node_numbers_of(*news.view);
  for (const auto& one : news.view->members)
    write(one, *map_.add_nodes());
  for (const auto owner : news.routes)
    map_.add_owners(node_number_in(addresses, owner));
  for (const auto& queue : outbox_queues_)
    map_.add_outbox_queues(queue);
  for (const auto& one : news.view->assignments)
    map_.add_epochs(one.epoch);
  auto said = map_.SerializeAsString();
  map_.set_version(to_ms(news.view->now));
  map_.set_reported_by(news.self.value);
  return std::exchange(serialized_map_, std::move(said)) != serialized_map_;
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
  const auto addresses = node_numbers_of(view);
  std::vector<std::uint32_t> shares(view.members.size() + 1);
  for (const auto& one : view.assignments) {
    const auto place = node_number_in(addresses, one.owner);
    ++shares[place];
    all.add_owners(place);
    all.add_epochs(one.epoch);
  }
  for (const auto& one : view.members) {
    auto& peer = *all.add_nodes();
    write(one, peer);
    peer.set_weight(one.weight);
    peer.set_is_draining(one.is_draining);
    peer.set_shards(shares[static_cast<std::size_t>(all.nodes_size())]);
  }
  all.set_version(to_ms(view.now));
  all.set_reported_by(latest_->self.value);
  return all;
}

std::uint32_t cluster_map::held() const {
  if (!latest_)
    return 0;
  const auto& assignments = latest_->view->assignments;
  return static_cast<std::uint32_t>(
      std::count_if(assignments.begin(), assignments.end(),
                    [this](const shard_assignment& one) { return one.owner == latest_->self; }));
}

bool cluster_map::is_routed_here(std::uint32_t shard) const {
  return !latest_ || (shard < latest_->routes.size() && latest_->routes[shard] == latest_->self);
}

bool cluster_map::is_owned(std::uint32_t shard) const {
  return latest_ && shard < latest_->view->assignments.size() &&
         latest_->view->assignments[shard].owner == latest_->self;
}

std::string cluster_map::describe_owner(std::uint32_t shard) const {
  const auto* who = routed_owner(shard);
  if (!who)
    return {};
  return "node '" + who->name + "' at " + who->host + ":" + std::to_string(who->port);
}

const member* cluster_map::routed_owner(std::uint32_t shard) const {
  if (!latest_ || shard >= latest_->routes.size())
    return nullptr;
  for (const auto& one : latest_->view->members)
    if (one.id == latest_->routes[shard])
      return &one;
  return nullptr;
}

} // namespace belfry
