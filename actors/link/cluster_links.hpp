#pragma once

#include "belfry/actors/protocol.hpp"
#include "belfry/failure.hpp"
#include "belfry/options.hpp"
#include "random/prng.hpp"
#include "wire/envelope.hpp"
#include "wire/messages.pb.h"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry {

using dial_atom = caf::atom_constant<caf::atom("dial")>;
using connect_timeout_atom = caf::atom_constant<caf::atom("overdue")>;

/// How to find a cluster.
struct links_options {
  std::vector<node_address> addresses; ///< of some of its nodes; any will do
  caf::actor router;                   ///< of the caller's own node, in place of `places`
  caf::actor transport;                ///< answers `connect_atom`; none: the system's middleman
  std::string cluster;                 ///< empty: whichever answers first; no other from then on
  duration backoff_min{100};           ///< between two tries to connect; doubles
  duration backoff_max{5'000};
  duration connect_timeout{10'000}; ///< for the connection, and again for the router's Welcome
};

/// The connection to one node, over all the tries it takes.
struct node_link {
  std::uint64_t key = 0; ///< never given to another
  node_address place;
  std::uint64_t member = 0;          ///< what the cluster calls the node; 0: not known
  caf::actor router;                 ///< null: there is no connection
  bool is_open = false;              ///< the node has said Welcome; only then may anything be sent
  std::uint64_t attempt = 0;         ///< of the present try; no other link has had it
  std::uint32_t failed_attempts = 0; ///< without a Welcome, in a row
  std::set<std::string> outbox_queues; ///< whose tasks its outbox takes, as it said last
  std::int64_t cluster_version = 0;    ///< the version of the latest Cluster that it has told
};

/// The connections of one client or worker to the nodes of its cluster.
///
/// A node that is alone is all there is. One of a cluster tells where each shard is, and then there
/// is a connection to every node that has some. When none is left, the places that were given and
/// those of the nodes that were known are tried in turn.
///
/// Part of one actor, which hands it the messages for it.
class cluster_links {
public:
  /// What the owner does when something happens; all must be set. None may destroy the links.
  struct listener {
    std::function<void(node_link&)> opened;
    /// An open link broke, or was given up. It is tried again, unless its node has left.
    std::function<void(node_link&)> closed;
    /// These shards are with other nodes than before, as far as is known, or began anew where they
    /// were: what was sent to them may be lost.
    std::function<void(const std::set<std::uint32_t>&)> moved;
    /// No link is open, and a try to open one has failed: it is tried again.
    std::function<void(const failure&)> failed;
    /// The same, and the node said why it wants nothing to do with us.
    std::function<void(const failure&)> refused;
  };

  cluster_links(caf::event_based_actor* self, links_options options, prng& chance, listener heard);

  void open();

  // --- messages ---

  void dial(std::uint64_t attempt);
  void connect_timed_out(std::uint64_t attempt);
  /// Requires: `word` is no refusal.
  void welcome(const wire::Welcome& word);
  void refused(const failure& why);
  void update_cluster(const wire::Cluster& cluster);
  /// Whether it was the router of a link.
  bool on_actor_down(const caf::actor_addr& who);

  // --- links ---

  /// Gives the present connection up and tries again after a pause that grows and is spread.
  void disconnect(node_link& one, const std::string& why);
  /// The link to the node that has `shard`; null if there is none that is open.
  [[nodiscard]] node_link* at(std::uint32_t shard);
  /// The first that is open; null if none is.
  [[nodiscard]] node_link* any();
  /// One that is open and whose node has an outbox, each in its turn; null if none has.
  [[nodiscard]] node_link* next_outbox();
  /// Whose tasks some outbox takes that can be reached now.
  [[nodiscard]] std::set<std::string> outbox_queues() const;
  /// The one over which the message came that is being handled; null if it is a stranger's.
  [[nodiscard]] node_link* sender_link();
  [[nodiscard]] node_link* find(std::uint64_t key);
  [[nodiscard]] std::list<node_link>& all() { return links_; }

  /// Whether nodes have said that there are several of them, or may be.
  [[nodiscard]] bool is_clustered() const { return cluster_.has_value(); }
  /// How many shards there are; 0 before the first Welcome.
  [[nodiscard]] std::uint32_t shard_count() const { return shard_count_; }

  /// To the node at the other end of an open link.
  template <class Atom>
  void send(const node_link& to, Atom what, envelope message) {
    self_->send(to.router, what, std::move(message));
  }
  template <class Atom>
  void send(const node_link& to, Atom what, const google::protobuf::MessageLite& message) {
    send(to, what, envelope{wire::seal(message), 0});
  }

private:
  void connect(node_link& one);
  void send_hello(node_link& one, caf::actor router);
  void schedule_retry(node_link& one);
  void ensure_connecting();
  void add(node_address place, std::uint64_t member);
  void remove(node_link& one);
  void connect_to_owners();
  [[nodiscard]] node_link* find_attempt(std::uint64_t attempt);
  [[nodiscard]] node_link* find_member(std::uint64_t member);
  [[nodiscard]] bool is_newer(const wire::Cluster& cluster);
  [[nodiscard]] bool has_moved(std::uint32_t shard, const wire::Cluster& before) const;
  [[nodiscard]] static std::uint64_t owner_of(std::uint32_t shard, const wire::Cluster& in);
  [[nodiscard]] node_address next_place();

  caf::event_based_actor* self_;
  const links_options options_;
  prng& random_;
  const listener listener_;
  std::list<node_link> links_; // In the order of their making.
  std::string cluster_name_;   // As it was given, or as the first node that said Welcome told it.
  std::optional<wire::Cluster> cluster_;
  std::uint32_t shard_count_ = 0;
  std::uint64_t latest_key_ = 0;
  std::uint64_t latest_attempt_ = 0;
  std::size_t next_address_ = 0; // Whose turn it is among the places.
  std::size_t next_outbox_ = 0;  // And among the outboxes.
  /// An actor that quits drops its state, and yet hears the answers to what it has asked.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace belfry
