#pragma once

#include "node/router.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "cluster/cluster_map.hpp"

#include "wire/envelope.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry {

/// What a router does with its messages: one method per message. Owned by one actor.
class router_state {
public:
  router_state(caf::event_based_actor* self, router_options options);

  // From clients.
  void on_hello(const envelope& message);
  void on_submit(envelope& message);
  /// A task whose shard is unreachable, for the outbox. Without an outbox it is not answered, and
  /// the client tries another node.
  void on_defer(envelope& message);
  void on_request(envelope& message);

  // From workers.
  void on_report(envelope& message);
  void on_attach(envelope& message);
  template <class Atom>
  void forward_to_dispatcher(Atom type, envelope& message) {
    if (is_size_allowed(message) && dispatcher_)
      forward(dispatcher_, type, message);
  }

  // From actors of this node, and hints from other nodes.
  void on_child_started(const child_started& started);
  void on_cluster_updated(const cluster_updated& update);
  void on_outbox_updated(const outbox_updated& update);
  void on_storage_updated(const storage_updated& update);
  void on_refresh(envelope& message);
  /// From any thread of this process, as the next.
  void on_node_stopping(const node_stopping& notice);
  void on_report_metrics(report_metrics& request);
  void on_actor_down(const caf::actor_addr& address);

private:
  [[nodiscard]] std::string hello_error(bool is_readable, const wire::Hello& hello) const;
  [[nodiscard]] bool is_size_allowed(const envelope& message) const;
  [[nodiscard]] bool is_running(std::uint32_t shard) const;
  void subscribe_sender(wire::Welcome& answer);
  void publish_cluster();

  void refuse(std::uint32_t shard, wire::Failure& error);
  void refuse_temporarily(std::uint32_t shard, wire::Failure& error);

  void answer_cluster(const wire::Request& request);
  void answer_status(const wire::Request& request);
  void answer_health(const wire::Request& request, envelope& message);
  void drain(const wire::Request& request);
  void back_up(const wire::Request& request);

  template <class Atom>
  void forward(const caf::actor& receiver, Atom type, envelope& message) {
    self_->delegate(receiver, type, std::move(message));
  }
  template <class Atom>
  void reply(Atom type, const google::protobuf::MessageLite& message) {
    if (const auto receiver = sender())
      self_->send(receiver, type, envelope{wire::seal(message), 0});
  }
  [[nodiscard]] caf::actor sender() const;

  caf::event_based_actor* self_;
  const router_options options_;
  const instant started_;
  std::vector<caf::actor> shards_; // By index; null while a shard is not running.
  caf::actor dispatcher_;
  caf::actor cluster_keeper_;   // Null: no cluster, or it is not running.
  caf::actor outbox_;           // Null: no outbox, or it is not running.
  caf::actor journal_keeper_;   // Null: it is not running.
  caf::actor collector_;        // Null: it is not running.
  std::string storage_trouble_; // Empty: none.
  std::uint64_t outbox_tasks_ = 0;
  std::optional<instant> stops_at_; // Nothing: the node is not stopping.
  cluster_map cluster_map_;
  std::set<caf::actor> subscribers_; // Clients and workers that got a Welcome and are connected.
};

} // namespace belfry
