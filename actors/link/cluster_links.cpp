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

coverage_probe reassignment_learned{"somebody hears that a shard is with another node"};

std::string address_text(const node_address& place) {
  return place.host + ":" + std::to_string(place.port);
}

} // namespace

cluster_links::cluster_links(caf::event_based_actor* self, links_options options, prng& chance,
                             listener heard)
    : self_(self), options_(std::move(options)), random_(chance), listener_(std::move(heard)),
      cluster_name_(options_.cluster) {}

void cluster_links::open() {
  ensure_connecting();
}

// --- one link ---

/// While nothing is open, there is a link that goes round all places.
void cluster_links::ensure_connecting() {
  const bool is_seeking = std::any_of(links_.begin(), links_.end(), [](const node_link& one) {
    return one.is_open || one.member == 0;
  });
  if (!is_seeking)
    add(next_place(), 0);
}

node_address cluster_links::next_place() {
  const auto known = cluster_ ? static_cast<std::size_t>(cluster_->nodes_size()) : 0;
  const auto count = options_.addresses.size() + known;
  if (count == 0)
    return {};
  const auto at = next_address_++ % count;
  if (at < options_.addresses.size())
    return options_.addresses[at];
  const auto& node = cluster_->nodes(static_cast<int>(at - options_.addresses.size()));
  return {node.host(), static_cast<std::uint16_t>(node.port())};
}

void cluster_links::add(node_address place, std::uint64_t member) {
  node_link fresh;
  fresh.key = ++latest_key_;
  fresh.place = std::move(place);
  fresh.member = member;
  links_.push_back(std::move(fresh));
  connect(links_.back());
}

void cluster_links::connect(node_link& one) {
  const auto attempt = one.attempt = ++latest_attempt_;
  if (options_.router && one.member == 0)
    return send_hello(one, options_.router);
  auto transport = options_.transport;
  if (!transport)
    transport = caf::actor_cast<caf::actor>(self_->system().middleman().actor_handle());
  self_
      ->request(transport, options_.connect_timeout, caf::connect_atom::value, one.place.host,
                one.place.port)
      .then(
          [this, life = std::weak_ptr{alive_}, attempt](const caf::node_id&,
                                                        const caf::strong_actor_ptr& router,
                                                        const std::set<std::string>&) {
            if (life.expired())
              return;
            auto* mine = find_attempt(attempt);
            if (mine && router)
              send_hello(*mine, caf::actor_cast<caf::actor>(router));
            else if (mine)
              disconnect(*mine, "no belfry node answers at " + address_text(mine->place));
          },
          [this, life = std::weak_ptr{alive_}, attempt](const caf::error& error) {
            auto* mine = life.expired() ? nullptr : find_attempt(attempt);
            if (!mine)
              return;
            const auto place = address_text(mine->place);
            const auto why = to_failure(error);
            if (why.code == errc::invalid_argument) // Refused, with a whole sentence.
              return disconnect(*mine, why.what);
            disconnect(*mine, why.what.empty() ? "what answers at " + place + " is no belfry node"
                                               : "no node answers at " + place + ": " + why.what);
          });
}

/// Two tries may have led to one node: the first is enough.
void cluster_links::send_hello(node_link& one, caf::actor router) {
  if (std::any_of(links_.begin(), links_.end(),
                  [&](const node_link& other) { return other.router == router; }))
    return remove(one);
  one.router = std::move(router);
  self_->monitor(one.router);
  wire::Hello word;
  word.set_protocol_version(protocol_version);
  word.set_cluster(cluster_name_);
  send(one, hello_atom::value, word);
  self_->delayed_send(self_, options_.connect_timeout, connect_timeout_atom::value, one.attempt);
}

void cluster_links::dial(std::uint64_t attempt) {
  if (auto* mine = find_attempt(attempt))
    connect(*mine);
}

void cluster_links::connect_timed_out(std::uint64_t attempt) {
  auto* mine = find_attempt(attempt);
  if (mine && !mine->is_open)
    disconnect(*mine, "the node at " + address_text(mine->place) + " does not say welcome");
}

bool cluster_links::on_actor_down(const caf::actor_addr& who) {
  for (auto& one : links_) {
    if (!one.router || one.router.address() != who)
      continue;
    disconnect(one, "the connection to " + address_text(one.place) + " broke");
    return true;
  }
  return false;
}

void cluster_links::disconnect(node_link& one, const std::string& why) {
  if (one.router)
    self_->demonitor(one.router);
  one.router = nullptr;
  one.cluster_version = 0;
  const auto key = one.key;
  if (std::exchange(one.is_open, false))
    listener_.closed(one);
  if (!any())
    listener_.failed({errc::unavailable, why});
  if (auto* mine = find(key))
    schedule_retry(*mine);
  ensure_connecting();
}

/// One that goes round has a node in its place as soon as it is known which: it will not go round
/// any more, and ends if that node leaves.
void cluster_links::schedule_retry(node_link& one) {
  if (one.member != 0 && cluster_ &&
      std::none_of(cluster_->nodes().begin(), cluster_->nodes().end(),
                   [&](const wire::Peer& node) { return node.member() == one.member; }))
    return remove(one);
  if (one.member == 0 && !options_.router)
    one.place = next_place();
  const auto doublings = std::min<std::uint32_t>(one.failed_attempts++, 16);
  auto pause = std::min(options_.backoff_min * (1 << doublings), options_.backoff_max);
  pause -= duration{
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(pause.count() / 2 + 1)))};
  one.attempt = ++latest_attempt_;
  self_->delayed_send(self_, pause, dial_atom::value, one.attempt);
}

void cluster_links::remove(node_link& one) {
  if (one.router)
    self_->demonitor(one.router);
  const auto key = one.key;
  if (std::exchange(one.is_open, false))
    listener_.closed(one);
  links_.remove_if([key](const node_link& other) { return other.key == key; });
}

// --- what nodes say ---

void cluster_links::welcome(const wire::Welcome& word) {
  auto* from = sender_link();
  if (!from || from->is_open)
    return;
  const auto place = address_text(from->place);
  if (word.shard_count() == 0)
    return disconnect(*from, "the node at " + place + " serves no shards");
  if (shard_count_ == 0)
    shard_count_ = word.shard_count();
  if (cluster_name_.empty())
    cluster_name_ = word.cluster_name();
  if (shard_count_ != word.shard_count())
    return refused({errc::unavailable, "the node at " + place + " has " +
                                           std::to_string(word.shard_count()) +
                                           " shards, expected " + std::to_string(shard_count_)});
  from->is_open = true;
  from->failed_attempts = 0;
  const auto key = from->key;
  if (word.has_cluster())
    update_cluster(word.cluster());
  if (auto* mine = find(key); mine && mine->is_open)
    listener_.opened(*mine);
}

void cluster_links::refused(const failure& why) {
  auto* from = sender_link();
  if (!from)
    return;
  if (!any())
    listener_.refused(why);
  disconnect(*from, why.what);
}

void cluster_links::update_cluster(const wire::Cluster& cluster) {
  if (auto* from = sender_link())
    from->outbox_queues = {cluster.outbox_queues().begin(), cluster.outbox_queues().end()};
  // It may have been restarted where it was.
  if (auto* from = sender_link();
      from && cluster.reported_by() != 0 && from->member != cluster.reported_by()) {
    auto* twin = find_member(cluster.reported_by());
    from->member = cluster.reported_by();
    if (twin)
      remove(*twin);
  }
  if (!is_newer(cluster))
    return;
  const auto before = cluster_ ? *std::move(cluster_) : wire::Cluster{};
  cluster_ = cluster;
  std::set<std::uint32_t> moved;
  for (std::uint32_t shard = 0; shard < shard_count_; ++shard)
    if (has_moved(shard, before))
      moved.insert(shard);
  connect_to_owners();
  if (moved.empty())
    return;
  reassignment_learned.hit();
  listener_.moved(moved);
}

/// Two nodes that have looked in the same millisecond may send us to each other, each answering at
/// once: of their maps the first stays. A node that tells an older version than it did shows that
/// the storage's clock was set back, or that a standby whose clock is behind has taken the storage
/// over: then all that was known is old.
bool cluster_links::is_newer(const wire::Cluster& cluster) {
  auto* from = sender_link();
  const bool is_set_back =
      from && cluster.version() < std::exchange(from->cluster_version, cluster.version());
  if (!cluster_ || is_set_back || cluster.version() > cluster_->version())
    return true;
  return cluster.version() == cluster_->version() &&
         cluster.reported_by() == cluster_->reported_by();
}

/// Older nodes tell no epochs.
bool cluster_links::has_moved(std::uint32_t shard, const wire::Cluster& before) const {
  if (owner_of(shard, *cluster_) != owner_of(shard, before))
    return true;
  const auto at = static_cast<int>(shard);
  return at < before.epochs_size() && at < cluster_->epochs_size() &&
         before.epochs(at) != cluster_->epochs(at);
}

/// There is a link to every node that has a shard, and none that tries to reach one that has left.
void cluster_links::connect_to_owners() {
  std::set<int> owners;
  for (const auto owner : cluster_->owners())
    if (owner > 0 && owner <= static_cast<std::uint32_t>(cluster_->nodes_size()))
      owners.insert(static_cast<int>(owner - 1));
  for (const auto at : owners) {
    const auto& node = cluster_->nodes(at);
    if (!find_member(node.member()))
      add({node.host(), static_cast<std::uint16_t>(node.port())}, node.member());
  }
  std::vector<std::uint64_t> gone;
  for (const auto& one : links_)
    if (one.member != 0 && !one.is_open &&
        std::none_of(cluster_->nodes().begin(), cluster_->nodes().end(),
                     [&](const wire::Peer& node) { return node.member() == one.member; }))
      gone.push_back(one.key);
  for (const auto key : gone)
    remove(*find(key));
}

// --- finding ---

node_link* cluster_links::at(std::uint32_t shard) {
  if (!cluster_)
    return any();
  auto* found = find_member(owner_of(shard, *cluster_));
  return found && found->is_open ? found : nullptr;
}

node_link* cluster_links::any() {
  for (auto& one : links_)
    if (one.is_open)
      return &one;
  return nullptr;
}

node_link* cluster_links::next_outbox() {
  std::vector<node_link*> found;
  for (auto& one : links_)
    if (one.is_open && !one.outbox_queues.empty())
      found.push_back(&one);
  return found.empty() ? nullptr : found[next_outbox_++ % found.size()];
}

std::set<std::string> cluster_links::outbox_queues() const {
  std::set<std::string> queues;
  for (const auto& one : links_)
    if (one.is_open)
      queues.insert(one.outbox_queues.begin(), one.outbox_queues.end());
  return queues;
}

node_link* cluster_links::sender_link() {
  const auto sender = caf::actor_cast<caf::actor>(self_->current_sender());
  for (auto& one : links_)
    if (one.router && one.router == sender)
      return &one;
  for (auto& one : links_)
    if (one.router && (!sender || one.router.node() == sender.node()))
      return &one;
  return nullptr;
}

node_link* cluster_links::find(std::uint64_t key) {
  for (auto& one : links_)
    if (one.key == key)
      return &one;
  return nullptr;
}

node_link* cluster_links::find_attempt(std::uint64_t attempt) {
  for (auto& one : links_)
    if (one.attempt == attempt)
      return &one;
  return nullptr;
}

node_link* cluster_links::find_member(std::uint64_t member) {
  for (auto& one : links_)
    if (member != 0 && one.member == member)
      return &one;
  return nullptr;
}

std::uint64_t cluster_links::owner_of(std::uint32_t shard, const wire::Cluster& in) {
  if (shard >= static_cast<std::uint32_t>(in.owners_size()))
    return 0;
  const auto owner = in.owners(static_cast<int>(shard));
  if (owner == 0 || owner > static_cast<std::uint32_t>(in.nodes_size()))
    return 0;
  return in.nodes(static_cast<int>(owner - 1)).member();
}

} // namespace belfry
