#pragma once

#include "belfry/explanation.hpp"
#include "belfry/link_security.hpp"
#include "belfry/options.hpp"
#include "belfry/queue.hpp"
#include "belfry/result.hpp"
#include "belfry/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// An accepted task.
struct submitted {
  task_id id{};
  bool is_duplicate = false; ///< the idempotency key named a task that exists already
  /// Accepted by a node's outbox, because its queue accepts anywhere and its shard was out of
  /// reach: it has no id yet. Submitted again under `key` it is answered with the id, later.
  bool is_deferred = false;
  std::string key{}; ///< of a deferred task; made up if the task had none
};

/// Which tasks to list. Empty fields match all.
struct task_filter {
  std::vector<task_state> states{};
  std::string queue{};
  std::string kind{};
  std::optional<instant> due_from{};
  std::optional<instant> due_to{};
  std::size_t count_max = 1000; ///< of the answer
};

struct schedule_info {
  schedule_spec spec{};
  instant last{}; ///< the latest nominal instant it ran for
  instant next{};
  task_id last_task{};
  std::uint64_t fired = 0;
  std::uint64_t skipped = 0;
};

struct worker_info {
  session_id session{};
  std::string name{};
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{}; ///< empty: all
  std::uint32_t slots = 0;
  std::uint32_t running = 0;
  duration since_heartbeat{0};
  bool is_connected = false;
};

/// What became of an order to all tasks that a filter matches.
struct bulk_outcome {
  std::size_t matched = 0;
  std::size_t changed = 0;
  std::size_t refused = 0; ///< settled or gone meanwhile, say
  std::string first_refusal{};
};

struct node_status {
  std::string node{};
  std::uint32_t shard_count = 0;
  std::uint32_t shards_serving = 0;
  duration uptime{0};
  std::vector<worker_info> workers{};
  std::optional<std::uint64_t> outbox_tasks{}; ///< that wait in its outbox, if it has one
};

/// A node that keeps tasks, as its cluster knows it.
struct node_info {
  std::string name{};
  node_address place{}; ///< where others reach it; without a host: it is alone
  std::uint32_t weight = 1;
  bool is_draining = false;
  std::uint32_t shards = 0; ///< that it has
};

struct cluster_info {
  struct shard_info {
    std::string node{};      ///< that has it; empty: none, for the moment
    std::uint64_t epoch = 0; ///< goes up with every owner; 0: not known, the node is alone
  };

  std::vector<node_info> nodes{};
  std::vector<shard_info> shards{}; ///< by number
};

/// A connection to a cluster, or to one node, for programs without actors. Reconnects by itself.
///
/// May be used from any thread; needs no actor system of the caller's. Every blocking call ends
/// within its `timeout` with `errc::timed_out` at the latest. A submission that timed out may
/// have been accepted all the same: give the task a key to be able to repeat it.
class client {
public:
  static constexpr duration timeout_default{30'000};

  /// Fails with `errc::unavailable` if no node answers at `host` and `port`.
  static result<std::unique_ptr<client>> connect(std::string host, std::uint16_t port,
                                                 duration timeout = timeout_default);

  /// The same with several places of one cluster: any node will do, and each of them is tried.
  /// From then on the client knows all nodes, and follows the shards from one to another.
  static result<std::unique_ptr<client>> connect(std::vector<node_address> addresses,
                                                 duration timeout = timeout_default);

  /// The same, with proofs of who both ends are; without `security` a client and a node have to be
  /// of one user on one machine. Fails with `errc::invalid_argument` if its files cannot be used. A
  /// node that refuses us, or that we refuse, is `errc::unavailable`, and the text says why.
  static result<std::unique_ptr<client>> connect(std::vector<node_address> addresses,
                                                 const link_security& security,
                                                 duration timeout = timeout_default);

  /// Ends the connection; what is not answered yet fails with `errc::cancelled`. Not to be called
  /// by an `answered` function.
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  [[nodiscard]] std::uint32_t shard_count() const;

  result<submitted> submit(task_spec task, duration timeout = timeout_default);

  /// Returns at once, unless 100,000 tasks are open: then it waits until some are answered.
  /// `answered` is called on a thread of the client's; it must not block.
  void submit_async(task_spec task, std::function<void(result<submitted>)> on_result);

  /// One outcome per task, in order.
  std::vector<result<submitted>> submit_many(std::vector<task_spec> tasks,
                                             duration timeout = timeout_default);

  /// Waits until everything that was submitted before is answered, refusals included.
  result<done> flush(duration timeout = timeout_default);

  result<task_info> get(task_id id, duration timeout = timeout_default);
  /// Waits until the task is settled.
  result<task_info> wait(task_id id, duration timeout = timeout_default);
  result<done> cancel(task_id id, duration timeout = timeout_default);
  /// Gives a dead task a new life.
  result<done> requeue(task_id id, duration timeout = timeout_default);
  result<explanation> explain(task_id id, duration timeout = timeout_default);
  /// Cancels all tasks that `filter` matches, `count_max` of them at most. A filter without states
  /// means those that are not settled.
  result<bulk_outcome> cancel_all(task_filter filter, duration timeout = timeout_default);
  /// Gives the dead tasks that `filter` matches a new life, `count_max` of them at most.
  result<bulk_outcome> requeue_all(task_filter filter, duration timeout = timeout_default);
  /// Shard by shard, in order of id; without payloads.
  result<std::vector<task_info>> list(const task_filter& filter = {},
                                      duration timeout = timeout_default);

  result<done> set_queue(const queue_change& change, duration timeout = timeout_default);
  result<done> pause(const std::string& queue, duration timeout = timeout_default);
  result<done> resume(const std::string& queue, duration timeout = timeout_default);
  result<std::vector<queue_info>> queues(duration timeout = timeout_default);

  result<done> put_schedule(const schedule_spec& spec, duration timeout = timeout_default);
  result<done> remove_schedule(const std::string& name, duration timeout = timeout_default);
  result<std::vector<schedule_info>> schedules(duration timeout = timeout_default);

  /// Of the node that the client found first.
  result<node_status> status(duration timeout = timeout_default);
  result<cluster_info> cluster(duration timeout = timeout_default);
  /// Marks all nodes of this name as draining: their shards move to other nodes. Returns before
  /// they have moved. Fails with `errc::not_found` if there is no such node.
  result<done> drain(const std::string& node, duration timeout = timeout_default);
  /// Ends the draining of all nodes of this name: they are assigned shards again.
  result<done> undrain(const std::string& node, duration timeout = timeout_default);

private:
  struct implementation;
  explicit client(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace belfry
