#pragma once

#include "belfry/actors/node.hpp"

#include "base/system_config.hpp"
#include "link/node_acceptor.hpp"
#include "node/actor_watch.hpp"
#include "node/log_direction.hpp"
#include "node/node_assembly.hpp"
#include "shard/journal_keeper.hpp"

#include "os/handlers/runner_pool.hpp"
#include "os/http/http_server.hpp"
#include "os/system_clock.hpp"

#include <caf/actor_system.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace belfry {

/// Opens a journal before the actors start, so that a failure is returned by `node::start`. The
/// first journal keeper gets this journal; for each later one it is opened again.
class journal_source {
public:
  explicit journal_source(journal_opener opener) : opener_(std::move(opener)) {}

  [[nodiscard]] result<done> open_ahead();
  [[nodiscard]] result<std::shared_ptr<journal>> open();

private:
  const journal_opener opener_;
  std::mutex mutex_;
  std::shared_ptr<journal> opened_; // Until the first keeper takes it.
};

/// A node on a real disk and network. Members are constructed in their order, and destroyed in
/// reverse.
struct node::implementation {
  implementation(node_options given, handler_registry handlers_by_kind,
                 task_behaviors behaviors_by_kind);
  ~implementation();
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;

  /// The steps of a start, in this order. A failure leaves the rest to the destructor.
  [[nodiscard]] result<done> load_credentials();
  [[nodiscard]] result<done> open_journal();
  [[nodiscard]] result<done> boot();
  [[nodiscard]] result<done> start_server();
  [[nodiscard]] result<done> start_worker();

  /// Stops the worker, then the other actors, then the actor system. Actors that do not stop in
  /// time are abandoned. A second call waits for the first and does nothing.
  void stop(duration grace_period);

  /// As `node::is_responsive`. In node_liveness.cpp.
  [[nodiscard]] bool is_responsive(duration silence_max);

  /// 0: the node serves no HTTP.
  [[nodiscard]] std::uint16_t http_port() const { return http_ ? http_->port() : std::uint16_t{0}; }

  std::unique_ptr<log_direction> logging; // The other members still log when they are destroyed.
  const node_options options;
  const std::string name;
  const std::uint32_t slots;
  std::uint16_t shards = 0; // 0: the node stores no tasks.
  handler_registry handlers;
  task_behaviors behaviors;
  std::shared_ptr<const clock> time;
  actor_watch watched_actors;
  std::uint16_t port = 0; // 0: the node does not listen.

private:
  [[nodiscard]] result<std::uint16_t> publish(const caf::actor& router);
  [[nodiscard]] link_limits limits_of_links() const;
  [[nodiscard]] caf::actor make_transport(std::shared_ptr<const std::atomic<bool>> is_cancelled);
  [[nodiscard]] result<done> start_http();
  [[nodiscard]] result<done> wait_until_serving();
  [[nodiscard]] bool is_server_responsive(duration silence_max) const;
  [[nodiscard]] bool is_worker_responsive();
  [[nodiscard]] caf::actor present_worker(); // Null: the node runs no tasks.
  void stop_worker(duration grace_period);
  void stop_server();
  void stop_system();
  void leak_system();

  std::shared_ptr<journal_source> source_;        // Null: the node stores no tasks.
  std::shared_ptr<journal_source> outbox_source_; // Null: no outbox.
  member self_;                                   // A null id: no cluster.
  std::function<result<std::shared_ptr<membership>>()> open_membership_;
  std::unique_ptr<system_config> config_ = std::make_unique<system_config>();
  std::shared_ptr<const transport_credentials> credentials_;
  std::unique_ptr<runner_pool> runners_; // Null: the node runs no tasks.
  std::unique_ptr<caf::actor_system> system_;
  running_node server_;
  std::unique_ptr<node_acceptor> acceptor_; // Null: the node does not listen.
  std::unique_ptr<http_server> http_;       // Null: the node serves no HTTP.
  caf::actor worker_supervisor_;
  struct current_worker;
  std::shared_ptr<current_worker> worker_; // Its present incarnation.
  caf::actor transport_;                   // The worker's connections to other nodes.
  caf::actor peer_transport_;              // The cluster keeper's.
  std::shared_ptr<std::atomic<bool>> is_cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<bool>> is_system_stopping_ =
      std::make_shared<std::atomic<bool>>(false);
  std::mutex stop_mutex_;
  bool is_stopped_ = false;
};

} // namespace belfry
