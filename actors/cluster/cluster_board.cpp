#include "cluster/cluster_board.hpp"

#include "placement/cluster_orders.hpp"

#include <algorithm>
#include <map>

namespace belfry {

namespace {

std::map<member_id, std::uint32_t> places_of(const cluster_view& view) {
  std::map<member_id, std::uint32_t> places; // From 1 on.
  for (const auto& one : view.members)
    places.emplace(one.id, static_cast<std::uint32_t>(places.size() + 1));
  return places;
}

std::uint32_t place_in(const std::map<member_id, std::uint32_t>& places, member_id id) {
  const auto found = places.find(id);
  return found == places.end() ? 0 : found->second;
}

void write(const member& one, wire::Peer& to) {
  to.set_member(one.id.value);
  to.set_name(one.name);
  to.set_host(one.host);
  to.set_port(one.port);
}

} // namespace

bool cluster_board::update(const cluster_known& news) {
  known_ = news;
  map_.Clear();
  const auto places = places_of(*news.view);
  for (const auto& one : news.view->members)
    write(one, *map_.add_nodes());
  for (const auto owner : news.routes)
    map_.add_owners(place_in(places, owner));
  for (const auto& queue : outbox_queues_)
    map_.add_outbox_queues(queue);
  for (const auto& one : news.view->seats)
    map_.add_epochs(one.epoch);
  auto said = map_.SerializeAsString();
  map_.set_version(to_ms(news.view->now));
  map_.set_teller(news.self.value);
  return std::exchange(said_, std::move(said)) != said_;
}

bool cluster_board::open_outbox(const std::set<std::string>& queues) {
  if (queues == outbox_queues_)
    return false;
  outbox_queues_ = queues;
  return known_ && update(cluster_known{*known_});
}

wire::Cluster cluster_board::details() const {
  wire::Cluster all;
  if (!known_)
    return all;
  const auto& view = *known_->view;
  const auto places = places_of(view);
  std::vector<std::uint32_t> shares(view.members.size() + 1);
  for (const auto& one : view.seats) {
    const auto place = place_in(places, one.owner);
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
  all.set_teller(known_->self.value);
  return all;
}

std::uint32_t cluster_board::held() const {
  if (!known_)
    return 0;
  const auto& seats = known_->view->seats;
  return static_cast<std::uint32_t>(std::count_if(
      seats.begin(), seats.end(), [this](const seat& one) { return one.owner == known_->self; }));
}

bool cluster_board::is_here(std::uint32_t shard) const {
  return !known_ || (shard < known_->routes.size() && known_->routes[shard] == known_->self);
}

bool cluster_board::is_owned(std::uint32_t shard) const {
  return known_ && shard < known_->view->seats.size() &&
         known_->view->seats[shard].owner == known_->self;
}

std::string cluster_board::place_of(std::uint32_t shard) const {
  const auto* who = answers_for(shard);
  if (!who)
    return {};
  return "node '" + who->name + "' at " + who->host + ":" + std::to_string(who->port);
}

const member* cluster_board::answers_for(std::uint32_t shard) const {
  if (!known_ || shard >= known_->routes.size())
    return nullptr;
  for (const auto& one : known_->view->members)
    if (one.id == known_->routes[shard])
      return &one;
  return nullptr;
}

} // namespace belfry
