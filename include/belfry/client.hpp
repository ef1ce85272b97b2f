#pragma once

#include "belfry/cluster.hpp"
#include "belfry/explanation.hpp"
#include "belfry/health.hpp"
#include "belfry/link_security.hpp"
#include "belfry/options.hpp"
#include "belfry/queue.hpp"
#include "belfry/result.hpp"
#include "belfry/task.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

namespace internal {
class blocking_client;
} // namespace internal

/// How long a client's call waits unless told otherwise.
inline constexpr duration client_timeout{30'000};

/// An accepted task.
struct submitted {
  task_id id{};
  bool is_duplicate = false; ///< the idempotency key named a task that exists already
  /// Accepted by a node's outbox, because its queue accepts anywhere and its shard was unreachable:
  /// it has no id yet. When it is submitted again under `key` later, the answer has the id.
  bool is_deferred = false;
  std::string key{}; ///< of a deferred task; generated if the task had none
};

/// Which tasks to list. Empty fields match all.
struct task_filter {
  std::vector<task_state> states{};
  std::string queue{};
  std::string kind{};
  std::string schedule{}; ///< that submitted them
  std::optional<instant> due_from{};
  std::optional<instant> due_to{}; ///< exclusive
  task_id after{};                 ///< only tasks behind this one, in the order of the list
  std::size_t count_max = 1000;    ///< of the answer
};

/// A task that is not settled, and the specification that submits it again.
struct task_with_spec {
  task_info info{}; ///< without its payload
  /// Due when the task is due next, with all its attempts again. The key is empty if it no
  /// longer refers to the task; a start-by deadline that was met is absent.
  task_spec spec{};
};

/// The outcome of a request for all tasks that match a filter.
struct bulk_outcome {
  std::size_t matched = 0;
  std::size_t changed = 0;
  std::size_t refused = 0; ///< because they settled meanwhile, for example
  std::string first_refusal{};
};

/// Called by a request for all tasks that match, on the thread that waits for it, after each few
/// hundred tasks and with the counts so far.
using bulk_progress = std::function<void(const bulk_outcome&)>;

struct schedule_info {
  schedule_spec spec{};
  instant last{}; ///< the latest nominal instant it ran for
  instant next{}; ///< `instant_max`: never, or at boot
  task_id last_task{};
  std::uint64_t fired = 0;
  std::uint64_t skipped = 0;
  /// Why the schedule's node cannot tell when it is due; nothing: it can. A parked schedule is kept
  /// as it was put and does not fire.
  std::optional<std::string> parked_reason{};
  bool is_paused = false; ///< by a client; it is never due then
};

/// The tasks of a cluster: `client.tasks()`. Valid as long as its client; cheap to copy.
class task_client {
public:
  explicit task_client(internal::blocking_client& blocking) : client_(&blocking) {}

  result<task_info> get(task_id id, duration timeout = client_timeout) const;
  /// Waits until the task is settled. The client connects again meanwhile if it must. Fails with
  /// `errc::not_found` if the shard has not come to this id yet, and with `errc::forgotten` if the
  /// task's history was not kept until now, or its shard passed the id over when it started; a wait
  /// that began before the task settled gets the outcome.
  result<task_info> wait(task_id id, duration timeout = client_timeout) const;
  /// Waits until all these tasks are settled: one outcome per id, in order. A task whose wait fails
  /// does not end the wait for the others; what is not settled within `timeout`, which is one for
  /// all, has `errc::timed_out`. Begins all waits at once: tasks that settle while others are
  /// waited for are not forgotten.
  std::vector<result<task_info>> wait_all(const std::vector<task_id>& ids,
                                          duration timeout = client_timeout) const;
  /// As `wait`, for as long as it takes, but returns at once. `on_settled` is called on a thread of
  /// the client, or by this call if it fails at once; it must not block. Fails with
  /// `errc::cancelled` when the client ends.
  void wait_async(task_id id, std::function<void(result<task_info>)> on_settled) const;
  result<explanation> explain(task_id id, duration timeout = client_timeout) const;
  result<done> cancel(task_id id, duration timeout = client_timeout) const;
  /// Gives a dead task its full number of attempts again.
  result<done> requeue(task_id id, duration timeout = client_timeout) const;

  /// Changes a task that waits: scheduled, also to be retried, or ready. A delay of 0 runs it now,
  /// as soon as a worker is free. Fails with `errc::wrong_state` if the task is reserved, running
  /// or settled; the text names the state. The change is as durable as the task.
  result<done> change(task_id id, const task_change& change,
                      duration timeout = client_timeout) const;

  /// Deletes a task. Its key refers to it until the key's time to live ends. A waiting task is
  /// cancelled first. Fails with `errc::wrong_state` if a worker has the task: cancel it before.
  result<done> remove(task_id id, duration timeout = client_timeout) const;

  /// Shard by shard, in order of id; without payloads.
  result<std::vector<task_info>> list(const task_filter& filter = {},
                                      duration timeout = client_timeout) const;
  /// As `list`, of tasks that are not settled, whatever states `filter` has. Ask for a few hundred
  /// at a time: payloads may be large. Fails with `errc::unavailable` if a node is of an
  /// earlier version, which sends no specs.
  result<std::vector<task_with_spec>> list_with_specs(task_filter filter,
                                                      duration timeout = client_timeout) const;
  /// Cancels the tasks that `filter` matches, `count_max` of them at most and only those behind
  /// `after`, as `list` has them. A filter without states matches those that are not settled.
  result<bulk_outcome> cancel_all(task_filter filter, duration timeout = client_timeout,
                                  const bulk_progress& on_progress = {}) const;
  /// Requeues the dead tasks that `filter` matches, `count_max` of them at most and only those
  /// behind `after`.
  result<bulk_outcome> requeue_all(task_filter filter, duration timeout = client_timeout,
                                   const bulk_progress& on_progress = {}) const;
  /// Deletes the tasks that `filter` matches, `count_max` of them at most. A filter without states
  /// matches dead tasks.
  result<bulk_outcome> remove_all(task_filter filter, duration timeout = client_timeout,
                                  const bulk_progress& on_progress = {}) const;

private:
  internal::blocking_client* client_;
};

/// The queues of a cluster: `client.queues()`. Valid as long as its client; cheap to copy.
class queue_client {
public:
  explicit queue_client(internal::blocking_client& blocking) : client_(&blocking) {}

  result<std::vector<queue_info>> list(duration timeout = client_timeout) const;
  result<done> set(const queue_change& change, duration timeout = client_timeout) const;
  result<done> pause(const std::string& queue, duration timeout = client_timeout) const;
  result<done> resume(const std::string& queue, duration timeout = client_timeout) const;

private:
  internal::blocking_client* client_;
};

/// The schedules of a cluster: `client.schedules()`. Valid as long as its client; cheap to copy.
class schedule_client {
public:
  explicit schedule_client(internal::blocking_client& blocking) : client_(&blocking) {}

  /// In order of name.
  result<std::vector<schedule_info>> list(duration timeout = client_timeout) const;
  /// Adds the schedule, or replaces the one of this name.
  result<done> put(const schedule_spec& spec, duration timeout = client_timeout) const;
  /// Changes the schedule at once with others who change it: what is absent stays.
  result<done> change(const std::string& name, const schedule_change& change,
                      duration timeout = client_timeout) const;
  /// A paused schedule submits nothing by itself, also after it is put again. Once resumed it goes
  /// on with its next time: what it has missed meanwhile is not made up for.
  result<done> pause(const std::string& name, duration timeout = client_timeout) const;
  result<done> resume(const std::string& name, duration timeout = client_timeout) const;
  /// Submits a task of the schedule now, whatever its times, its overlap policy and its pause say.
  result<done> trigger(const std::string& name, duration timeout = client_timeout) const;
  /// Tasks that it has submitted stay.
  result<done> remove(const std::string& name, duration timeout = client_timeout) const;

private:
  internal::blocking_client* client_;
};

/// The nodes of a cluster: `client.cluster()`. Valid as long as its client; cheap to copy.
class cluster_client {
public:
  explicit cluster_client(internal::blocking_client& blocking) : client_(&blocking) {}

  /// The nodes, and which of them owns each shard.
  result<cluster_info> info(duration timeout = client_timeout) const;
  /// Of the node that the client is connected to, and of its workers.
  result<node_status> status(duration timeout = client_timeout) const;
  /// The verdict on the node that the client is connected to, and on each of its queues. The node
  /// may take three seconds for it. Fails with `errc::invalid_argument` if the node is of an
  /// earlier version.
  result<health_report> health(duration timeout = client_timeout) const;
  /// Copies the data directory of the node that the client is connected to, at one moment of all
  /// its shards, to `directory`: an absolute path of the node's machine, a new directory in
  /// `directory_storage::backups`. Fails with `errc::wrong_state` if the node has none, or its
  /// tasks are in a database.
  result<backup_info> back_up(const std::string& directory,
                              duration timeout = client_timeout) const;
  /// Marks all nodes of this name as draining: their shards move to other nodes. Returns before
  /// they have moved. Fails with `errc::not_found` if there is no such node.
  result<done> drain(const std::string& node, duration timeout = client_timeout) const;
  /// Ends the draining of all nodes of this name: they are assigned shards again.
  result<done> undrain(const std::string& node, duration timeout = client_timeout) const;

private:
  internal::blocking_client* client_;
};

/// A connection to a cluster, or to one node, for programs without actors. Reconnects by itself.
///
/// May be used from any thread; needs no actor system of the caller's. Every blocking call ends
/// within its `timeout`, with `errc::timed_out` at the latest. A submission that timed out may
/// have been accepted all the same: give the task a key to be able to repeat it.
///
/// What a node refuses for now is sent again until the `timeout`, and then fails with the refusal:
/// `errc::overloaded`, `errc::storage` (its disk is nearly full) or `errc::unavailable` (it
/// recovers, or waits for its storage). The text says whether a task may have been accepted; one
/// that was not is not sent again.
class client {
public:
  /// Fails with `errc::unavailable` if no node answers at `host` and `port`.
  static result<std::unique_ptr<client>> connect(std::string host, std::uint16_t port,
                                                 duration timeout = client_timeout);

  /// The same with several addresses of one cluster: any node will do, and each of them is tried.
  /// From then on the client knows all nodes, and follows the shards from one to another.
  static result<std::unique_ptr<client>> connect(std::vector<node_address> addresses,
                                                 duration timeout = client_timeout);

  /// The same, with credentials; without `security` the client and the node must run as one user on
  /// one machine. Fails with `errc::invalid_argument` if its files cannot be used. If a node
  /// refuses the client, or the client the node, the failure is `errc::unavailable` and its text
  /// says why.
  static result<std::unique_ptr<client>> connect(std::vector<node_address> addresses,
                                                 const link_security& security,
                                                 duration timeout = client_timeout);

  /// Ends the connection; what is not answered yet fails with `errc::cancelled`. Must not be called
  /// by an `on_result` function.
  ~client();
  /// Ends the connection as the destructor does, while other threads may be in calls of this
  /// client: these fail at once with `errc::cancelled`, and so does every later one.
  void close();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  result<submitted> submit(task_spec task, duration timeout = client_timeout);

  /// Returns at once, unless 100,000 tasks are open: then it waits until some are answered.
  /// `on_result` is called on a thread of the client; it must not block.
  void submit_async(task_spec task, std::function<void(result<submitted>)> on_result);

  /// One outcome per task, in order.
  std::vector<result<submitted>> submit_many(std::vector<task_spec> tasks,
                                             duration timeout = client_timeout);

  /// Ends the patience of `submit_async`: of its tasks that are not answered yet, those that a node
  /// refuses for now fail with the refusal, as at the timeout of `submit`. Returns when they have;
  /// the others stay open.
  result<done> give_up_refused(duration timeout = client_timeout);

  /// Waits until everything that was submitted before is answered, refusals included.
  result<done> flush(duration timeout = client_timeout);

  /// While a shard's storage refuses to write, queues, schedules, lists of tasks and explanations
  /// show decisions of the shard that are not written yet: a crash may undo them. Returns why, for
  /// people, if an answer since the last call was such a one. `tasks().get` and `wait` never show
  /// what is not written.
  [[nodiscard]] std::optional<std::string> take_unwritten_reason();

  [[nodiscard]] task_client tasks() { return task_client{*client_}; }
  [[nodiscard]] queue_client queues() { return queue_client{*client_}; }
  [[nodiscard]] schedule_client schedules() { return schedule_client{*client_}; }
  [[nodiscard]] cluster_client cluster() { return cluster_client{*client_}; }

  [[nodiscard]] std::uint32_t shard_count() const;

private:
  explicit client(std::unique_ptr<internal::blocking_client> blocking);
  std::unique_ptr<internal::blocking_client> client_;
};

} // namespace belfry
