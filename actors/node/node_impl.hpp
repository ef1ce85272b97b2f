#pragma once

#include "belfry/actors/node.hpp"

#include "base/system_config.hpp"
#include "link/node_acceptor.hpp"
#include "node/actor_watch.hpp"
#include "node/node_assembly.hpp"
#include "shard/journal_keeper.hpp"

#include "os/handlers/runner_pool.hpp"
#include "os/system_clock.hpp"

#include <caf/actor_system.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace belfry {

/// A journal that is opened early, so that a start can fail with a clear word, and handed to the
/// first journal keeper; opened anew for each later one.
class journal_source {
public:
  explicit journal_source(journal_opener how) : opener_(std::move(how)) {}

  [[nodiscard]] result<done> open_ahead();
  [[nodiscard]] result<std::shared_ptr<journal>> open();

private:
  const journal_opener opener_;
  std::mutex mutex_;
  std::shared_ptr<journal> early_; // Until the first keeper takes it.
};

/// What a node consists of. The order of the members is the order of their making.
struct node::implementation {
  implementation(node_options with, handler_registry known, task_behaviors actors);
  ~implementation();
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;

  /// The steps of a start, in this order. A failure leaves the rest to the destructor.
  [[nodiscard]] result<done> read_keys();
  [[nodiscard]] result<done> open_journal();
  [[nodiscard]] result<done> boot();
  [[nodiscard]] result<done> start_server();
  [[nodiscard]] result<done> start_worker();

  /// Ends all actors, those that run tasks first, and then the actor system. Whatever does not end
  /// in time is left behind. A second call waits for the first and does nothing.
  void stop(duration patience);

  node_options options;
  handler_registry handlers;
  task_behaviors behaviors;
  std::shared_ptr<const clock> time;
  actor_watch monitors;
  std::uint16_t port = 0; // 0: it does not listen.

private:
  [[nodiscard]] result<std::uint16_t> publish(const caf::actor& router);
  [[nodiscard]] link_limits limits_of_links() const;
  [[nodiscard]] caf::actor make_transport(std::shared_ptr<const std::atomic<bool>> is_cancelled);
  [[nodiscard]] result<done> wait_until_serving();
  void stop_worker(duration patience);
  void stop_server();
  void stop_system();
  void leak_system();

  std::shared_ptr<journal_source> source_;        // None: it keeps no tasks.
  std::shared_ptr<journal_source> outbox_source_; // None: it has no outbox.
  member self_;                                   // Nobody: it is alone.
  std::function<result<std::shared_ptr<membership>>()> open_membership_;
  std::unique_ptr<system_config> config_ = std::make_unique<system_config>();
  std::shared_ptr<const transport_credentials> credentials_;
  std::unique_ptr<runner_pool> runners_; // None: it runs no tasks.
  std::unique_ptr<caf::actor_system> system_;
  running_node server_;
  std::unique_ptr<node_acceptor> acceptor_; // None: it does not listen.
  caf::actor worker_supervisor_;            // Supervises the worker.
  struct current_worker;
  std::shared_ptr<current_worker> worker_; // In its present life.
  caf::actor transport_;                   // The worker's, to other nodes.
  caf::actor peer_transport_;              // The cluster keeper's.
  std::shared_ptr<std::atomic<bool>> is_cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<bool>> is_system_stopping_ =
      std::make_shared<std::atomic<bool>>(false);
  std::mutex stop_mutex_;
  bool is_stopped_ = false;
};

} // namespace belfry
