#include "link/cluster_links.hpp"

#include "belfry/actors/caf_error.hpp"
#include "belfry/coverage_probe.hpp"

#include "wire/codec.hpp"

#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
#include <caf/node_id.hpp>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe reassignment_learned{"a client or worker learns that a shard has moved"};

} // namespace

cluster_links::cluster_links(caf::event_based_actor* self, links_options options, prng& random,
                             listener callbacks)
    : self_(self), options_(std::move(options)), random_(random), listener_(std::move(callbacks)),
      cluster_name_(options_.cluster) {}

void cluster_links::open() {
  ensure_connecting();
}

// --- one link ---

/// While no link is open, one link tries all addresses in turn.
void cluster_links::ensure_connecting() {
  const bool is_connecting = std::any_of(links_.begin(), links_.end(), [](const node_link& link) {
    return link.is_open || link.member == 0;
  });
  if (!is_connecting)
    add(next_address(), 0);
}

node_address cluster_links::next_address() {
  const auto count = options_.addresses.size() + routes_.node_count();
  if (count == 0)
    return {};
  const auto index = next_address_++ % count;
  if (index < options_.addresses.size())
    return options_.addresses[index];
  return routes_.address_of(index - options_.addresses.size());
}

void cluster_links::add(node_address address, std::uint64_t member) {
  node_link link;
  link.key = ++latest_key_;
  link.address = std::move(address);
  link.member = member;
  links_.push_back(std::move(link));
  connect(links_.back());
}

void cluster_links::connect(node_link& link) {
  const auto attempt = link.attempt = ++latest_attempt_;
  if (options_.router && link.member == 0)
    return send_hello(link, options_.router);
  auto transport = options_.transport;
  if (!transport)
    transport = caf::actor_cast<caf::actor>(self_->system().middleman().actor_handle());
  self_
      ->request(transport, options_.connect_timeout, caf::connect_atom::value, link.address.host,
                link.address.port)
      .then(
          [this, alive = std::weak_ptr{alive_}, attempt](const caf::node_id&,
                                                         const caf::strong_actor_ptr& router,
                                                         const std::set<std::string>&) {
            if (alive.expired())
              return;
            auto* current = find_attempt(attempt);
            if (current && router)
              send_hello(*current, caf::actor_cast<caf::actor>(router));
            else if (current)
              disconnect(*current, "no belfry node answers at " + to_string(current->address));
          },
          [this, alive = std::weak_ptr{alive_}, attempt](const caf::error& error) {
            auto* current = alive.expired() ? nullptr : find_attempt(attempt);
            if (current)
              connect_failed(*current, to_failure(error));
          });
}

void cluster_links::connect_failed(node_link& link, const failure& error) {
  if (error.code == errc::invalid_argument) // Refused; the text is a whole sentence.
    return disconnect(link, error.what);
  const auto address = to_string(link.address);
  disconnect(link, error.what.empty() ? "the process at " + address + " is not a belfry node"
                                      : "no node answers at " + address + ": " + error.what);
}

/// Two attempts may have led to one node: the first link is enough.
void cluster_links::send_hello(node_link& link, caf::actor router) {
  if (std::any_of(links_.begin(), links_.end(),
                  [&](const node_link& other) { return other.router == router; }))
    return remove(link);
  link.router = std::move(router);
  self_->monitor(link.router);
  wire::Hello hello;
  hello.set_protocol_version(protocol_version);
  hello.set_cluster(cluster_name_);
  send(link, hello_atom::value, hello);
  self_->delayed_send(self_, options_.connect_timeout, connect_timeout_atom::value, link.attempt);
}

void cluster_links::dial(std::uint64_t attempt) {
  if (auto* link = find_attempt(attempt))
    connect(*link);
}

void cluster_links::connect_timed_out(std::uint64_t attempt) {
  auto* link = find_attempt(attempt);
  if (link && !link->is_open)
    disconnect(*link, "the node at " + to_string(link->address) + " sends no Welcome");
}

bool cluster_links::on_actor_down(const caf::actor_addr& actor) {
  for (auto& link : links_) {
    if (!link.router || link.router.address() != actor)
      continue;
    disconnect(link, "the connection to " + to_string(link.address) + " broke");
    return true;
  }
  return false;
}

void cluster_links::disconnect(node_link& link, const std::string& reason) {
  if (link.router)
    self_->demonitor(link.router);
  link.router = nullptr;
  link.cluster_version = 0;
  const auto key = link.key;
  if (std::exchange(link.is_open, false))
    listener_.on_closed(link);
  if (!any_open())
    listener_.on_failed({errc::unavailable, reason});
  if (auto* current = find(key))
    schedule_retry(*current);
  ensure_connecting();
}

/// A link that tries all addresses belongs to a node once that node is known: from then on it keeps
/// to that node's address, and is removed if the node leaves.
void cluster_links::schedule_retry(node_link& link) {
  if (link.member != 0 && routes_.is_known() && !routes_.has_node(link.member))
    return remove(link);
  if (link.member == 0 && !options_.router)
    link.address = next_address();
  const auto doublings = std::min<std::uint32_t>(link.failed_attempts++, 16);
  auto backoff = std::min(options_.backoff_min * (1 << doublings), options_.backoff_max);
  backoff -= duration{static_cast<std::int64_t>(
      random_.below(static_cast<std::uint64_t>(backoff.count() / 2 + 1)))};
  link.attempt = ++latest_attempt_;
  self_->delayed_send(self_, backoff, dial_atom::value, link.attempt);
}

void cluster_links::remove(node_link& link) {
  if (link.router)
    self_->demonitor(link.router);
  const auto key = link.key;
  if (std::exchange(link.is_open, false))
    listener_.on_closed(link);
  links_.remove_if([key](const node_link& other) { return other.key == key; });
}

// --- messages from nodes ---

void cluster_links::welcome(const wire::Welcome& welcome) {
  auto* sender = sender_link();
  if (!sender || sender->is_open)
    return;
  const auto address = to_string(sender->address);
  if (welcome.shard_count() == 0)
    return disconnect(*sender, "the node at " + address + " serves no shards");
  if (shard_count_ == 0)
    shard_count_ = welcome.shard_count();
  if (cluster_name_.empty())
    cluster_name_ = welcome.cluster_name();
  if (shard_count_ != welcome.shard_count())
    return refused({errc::unavailable, "the node at " + address + " has " +
                                           std::to_string(welcome.shard_count()) +
                                           " shards, expected " + std::to_string(shard_count_)});
  sender->is_open = true;
  sender->failed_attempts = 0;
  const auto key = sender->key;
  if (welcome.has_cluster())
    update_cluster(welcome.cluster());
  if (auto* link = find(key); link && link->is_open)
    listener_.on_opened(*link);
}

void cluster_links::refused(const failure& error) {
  auto* sender = sender_link();
  if (!sender)
    return;
  if (!any_open())
    listener_.on_refused(error);
  disconnect(*sender, error.what);
}

void cluster_links::update_cluster(const wire::Cluster& cluster) {
  auto* sender = sender_link();
  if (sender)
    sender->outbox_queues = {cluster.outbox_queues().begin(), cluster.outbox_queues().end()};
  // The node may have been restarted at the same address.
  if (sender && cluster.reported_by() != 0 && sender->member != cluster.reported_by()) {
    auto* duplicate = find_member(cluster.reported_by());
    sender->member = cluster.reported_by();
    if (duplicate)
      remove(*duplicate);
    sender = sender_link();
  }
  const auto previous_version =
      sender ? std::exchange(sender->cluster_version, cluster.version()) : cluster.version();
  if (!routes_.is_newer(cluster, previous_version))
    return;
  const auto moved = routes_.replace(cluster, shard_count_);
  connect_to_owners();
  if (moved.empty())
    return;
  reassignment_learned.hit();
  listener_.on_shards_moved(moved);
}

/// Afterwards there is a link to every node that owns a shard, and none is still trying to reach a
/// node that has left.
void cluster_links::connect_to_owners() {
  for (const auto index : routes_.owners())
    if (const auto member = routes_.member_at(index); !find_member(member))
      add(routes_.address_of(index), member);
  std::vector<std::uint64_t> gone;
  for (const auto& link : links_)
    if (link.member != 0 && !link.is_open && !routes_.has_node(link.member))
      gone.push_back(link.key);
  for (const auto key : gone)
    remove(*find(key));
}

// --- finding a link ---

node_link* cluster_links::link_to(std::uint32_t shard) {
  if (!routes_.is_known())
    return any_open();
  auto* owner = find_member(routes_.owner_of(shard));
  return owner && owner->is_open ? owner : nullptr;
}

node_link* cluster_links::any_open() {
  for (auto& link : links_)
    if (link.is_open)
      return &link;
  return nullptr;
}

node_link* cluster_links::next_outbox() {
  std::vector<node_link*> found;
  for (auto& link : links_)
    if (link.is_open && !link.outbox_queues.empty())
      found.push_back(&link);
  return found.empty() ? nullptr : found[next_outbox_++ % found.size()];
}

std::set<std::string> cluster_links::outbox_queues() const {
  std::set<std::string> queues;
  for (const auto& link : links_)
    if (link.is_open)
      queues.insert(link.outbox_queues.begin(), link.outbox_queues.end());
  return queues;
}

node_link* cluster_links::sender_link() {
  const auto sender = caf::actor_cast<caf::actor>(self_->current_sender());
  for (auto& link : links_)
    if (link.router && link.router == sender)
      return &link;
  for (auto& link : links_)
    if (link.router && (!sender || link.router.node() == sender.node()))
      return &link;
  return nullptr;
}

node_link* cluster_links::find(std::uint64_t key) {
  for (auto& link : links_)
    if (link.key == key)
      return &link;
  return nullptr;
}

node_link* cluster_links::find_attempt(std::uint64_t attempt) {
  for (auto& link : links_)
    if (link.attempt == attempt)
      return &link;
  return nullptr;
}

node_link* cluster_links::find_member(std::uint64_t member) {
  for (auto& link : links_)
    if (member != 0 && link.member == member)
      return &link;
  return nullptr;
}

} // namespace belfry
