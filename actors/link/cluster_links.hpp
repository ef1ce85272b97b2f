#pragma once

#include "belfry/actors/protocol.hpp"
#include "belfry/failure.hpp"
#include "belfry/options.hpp"
#include "link/routing_table.hpp"
#include "random/prng.hpp"
#include "wire/envelope.hpp"
#include "wire/messages.pb.h"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace belfry {

using dial_atom = caf::atom_constant<caf::atom("dial")>;
using connect_timeout_atom = caf::atom_constant<caf::atom("conn_tmout")>;

/// How to find a cluster.
struct links_options {
  std::vector<node_address> addresses; ///< of some of its nodes; one that answers is enough
  caf::actor router;                   ///< of the caller's own node, in place of `addresses`
  caf::actor transport;                ///< answers `connect_atom`; none: the system's middleman
  std::string cluster; ///< empty: that of the node which answers first, and no other from then on
  duration backoff_min{100}; ///< between two attempts to connect; doubles
  duration backoff_max{5'000};
  duration connect_timeout{10'000}; ///< for the connection, and again for the router's Welcome
};

/// The connection to one node, over all the attempts that it takes.
struct node_link {
  std::uint64_t key = 0; ///< never reused
  node_address address;
  std::uint64_t member = 0;            ///< the node's id in the cluster; 0: unknown
  caf::actor router;                   ///< null: there is no connection
  bool is_open = false;                ///< the node has sent Welcome; nothing is sent before
  std::uint64_t attempt = 0;           ///< the current attempt; unique among all links
  std::uint32_t failed_attempts = 0;   ///< without a Welcome, in a row
  std::set<std::string> outbox_queues; ///< queues whose tasks its outbox takes, as last reported
  std::int64_t cluster_version = 0;    ///< the version of the last Cluster that it has reported
};

/// The connections of one client or worker to the nodes of its cluster.
///
/// A node that is alone serves all shards. A node of a cluster reports which node owns each shard
/// (`routing_table`); from then on there is a connection to every node that owns a shard. When no
/// connection is left, the given addresses and those of the known nodes are tried in turn.
///
/// Part of one actor, which passes on the messages meant for it.
class cluster_links {
public:
  /// Called when something happens; all must be set. None may destroy the links.
  struct listener {
    std::function<void(node_link&)> on_opened;
    /// An open link broke, or was closed. It is retried, unless its node has left the cluster.
    std::function<void(node_link&)> on_closed;
    /// These shards have moved to other nodes, or were restarted where they were: what was sent to
    /// them may be lost.
    std::function<void(const std::set<std::uint32_t>&)> on_shards_moved;
    /// No link is open, and an attempt to open one has failed: it is retried.
    std::function<void(const failure&)> on_failed;
    /// The same, and the node has refused this client or worker; the failure says why.
    std::function<void(const failure&)> on_refused;
  };

  cluster_links(caf::event_based_actor* self, links_options options, prng& random,
                listener callbacks);

  void open();

  // --- messages ---

  void dial(std::uint64_t attempt);
  void connect_timed_out(std::uint64_t attempt);
  /// Requires: `welcome` is no refusal.
  void welcome(const wire::Welcome& welcome);
  void refused(const failure& error);
  void update_cluster(const wire::Cluster& cluster);
  /// Returns whether `actor` was the router of a link.
  bool on_actor_down(const caf::actor_addr& actor);

  // --- links ---

  /// Closes the current connection and connects again after a backoff that grows, with jitter.
  void disconnect(node_link& link, const std::string& reason);
  /// The open link to the owner of `shard`; null if there is none.
  [[nodiscard]] node_link* link_to(std::uint32_t shard);
  /// The first open link; null if there is none.
  [[nodiscard]] node_link* any_open();
  /// An open link to a node with an outbox, round robin; null if there is none.
  [[nodiscard]] node_link* next_outbox();
  /// The queues whose tasks an outbox takes that is connected now.
  [[nodiscard]] std::set<std::string> outbox_queues() const;
  /// The link that delivered the current message; null if it came over none.
  [[nodiscard]] node_link* sender_link();
  [[nodiscard]] node_link* find(std::uint64_t key);
  [[nodiscard]] std::list<node_link>& links() { return links_; }

  /// Whether a node has reported a cluster: there are several nodes, or may be.
  [[nodiscard]] bool is_clustered() const { return routes_.is_known(); }
  /// How many shards there are; 0 before the first Welcome.
  [[nodiscard]] std::uint32_t shard_count() const { return shard_count_; }

  /// Sends to the node at the other end of an open link.
  template <class Atom>
  void send(const node_link& link, Atom type, envelope message) {
    self_->send(link.router, type, std::move(message));
  }
  template <class Atom>
  void send(const node_link& link, Atom type, const google::protobuf::MessageLite& message) {
    send(link, type, envelope{wire::seal(message), 0});
  }

private:
  void connect(node_link& link);
  void connect_failed(node_link& link, const failure& error);
  void send_hello(node_link& link, caf::actor router);
  void schedule_retry(node_link& link);
  void ensure_connecting();
  void add(node_address address, std::uint64_t member);
  void remove(node_link& link);
  void connect_to_owners();
  [[nodiscard]] node_link* find_attempt(std::uint64_t attempt);
  [[nodiscard]] node_link* find_member(std::uint64_t member);
  [[nodiscard]] node_address next_address();

  caf::event_based_actor* self_;
  const links_options options_;
  prng& random_;
  const listener listener_;
  std::list<node_link> links_; // In the order of their creation.
  std::string cluster_name_;   // As given, or as the first Welcome named it.
  routing_table routes_;
  std::uint32_t shard_count_ = 0;
  std::uint64_t latest_key_ = 0;
  std::uint64_t latest_attempt_ = 0;
  std::size_t next_address_ = 0; // The next to try, among the given addresses and known nodes.
  std::size_t next_outbox_ = 0;  // The next to use, among the outboxes.
  /// An actor that quits drops its state, but still receives responses to its requests.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

} // namespace belfry
