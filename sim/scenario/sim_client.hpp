#pragma once

#include "client/client_inbox.hpp"
#include "observation/history.hpp"
#include "world/world.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace belfry::sim {

/// A user of the cluster: the production client on its own node. The history gets all answers, as a
/// real user would receive them.
class sim_client {
public:
  struct setup {
    std::vector<node_address> addresses; ///< of some nodes
    std::uint64_t seed = 1;
    std::uint16_t shards = 1;
    std::size_t batch_max = 512; ///< tasks per message
  };

  sim_client(setup client_setup, sim_node& node, world& sim_world, history& run_history);

  using accept_callback = std::function<void(task_id)>;
  using response_callback = std::function<void(result<wire::Response>)>;

  void submit(task_tag tag, task_spec spec, accept_callback on_accepted,
              std::function<void(const failure&)> on_refused = {});
  /// Sends one request and waits for the answer, `timeout` at most.
  void ask(wire::Request request, duration timeout, response_callback on_response);
  /// The accepted tasks that are not known to be settled.
  [[nodiscard]] const std::set<task_id>& open_tasks() const { return open_; }
  /// Queries once for the tasks that outboxes accepted; those delivered become open tasks.
  void find_deferred();
  /// Queue and key of each task that an outbox accepted and that was not found yet.
  [[nodiscard]] const std::set<std::pair<std::string, std::string>>& deferred() const {
    return deferred_;
  }
  /// The server has lost its disk: forgets all tasks accepted before.
  void forget_tasks();
  /// How often it has forgotten them.
  [[nodiscard]] std::uint64_t memory_losses() const { return memory_losses_; }
  void cancel(task_id id);
  /// Changes a task that waits, or deletes a task. No effect while an earlier change of the task
  /// has no answer, or if the task is deleted.
  void change(task_id id, const task_change& wanted) { send_change({id, wanted, false}); }
  void remove(task_id id) { send_change({id, {}, true}); }
  /// Sends no more changes from now on.
  void stop_changing() { may_change_ = false; }
  /// Whether a change has no answer so far.
  [[nodiscard]] bool has_open_changes() const { return !changing_.empty(); }
  /// Fetches once the latest `count_max` of the tasks whose deletion was acknowledged.
  void fetch_deleted(std::size_t count_max);
  /// Pauses or resumes the queue in all shards, however long that takes, and then calls `on_done`.
  /// Requests for one queue are carried out in order.
  void set_paused(const std::string& queue, bool is_paused, std::function<void()> on_done);
  /// Requests once of every shard that the queue accepts tasks in any shard, or only in its own.
  void set_accepts_anywhere(const std::string& queue, bool accepts_anywhere);
  /// Requests once that a server is drained or undrained.
  void drain(const std::string& server, bool is_undrain);
  /// Puts a schedule once; the history gets the acknowledgement.
  void put_schedule(schedule_spec spec);
  /// Pauses or resumes the schedule, however long that takes, and then calls `on_done`.
  void set_schedule_paused(const std::string& name, bool is_paused, std::function<void()> on_done);
  /// Has the schedule submit a task now.
  void trigger_schedule(const std::string& name);
  /// Lists once the tasks of every acknowledged schedule. Requires: each schedule has a queue of
  /// its name for itself.
  void list_schedules();
  /// Lists or counts all tasks once; the history gets the answer.
  void list_tasks();
  void count_tasks();
  /// Counts the running tasks once, by the queues of all shards and by the status of the server.
  void count_runs();
  /// Fetches a task once; the history gets the answer.
  void fetch_task(task_id id);
  /// Waits for a task to be settled, `timeout` at most.
  void wait_for(task_id id, duration timeout);

private:
  void set_paused_in(shard_id shard, const std::string& queue, bool is_paused,
                     std::function<void()> on_done);
  void send_pause_request(const std::string& queue);
  void finish_pause_request(const std::string& queue);
  void list_more(schedule_listed so_far, std::uint64_t after);
  void list_more(tasks_listed so_far, shard_id shard, std::uint64_t after,
                 const std::function<void(const tasks_listed&)>& on_done);
  void read_queues(shard_id shard, const std::function<void(const wire::QueueList&)>& on_queues,
                   const std::function<void()>& on_done);
  void count_slots(runs_counted so_far);
  /// Sends a request about a task whose answer shows the task, or says that there is none.
  void ask_about(task_id id, wire::Request request, duration timeout);
  void record_task(task_id id, const result<wire::Response>& answer, bool may_be_outdated);
  /// Whether the shard says that there is no such task.
  [[nodiscard]] static bool is_missing(const failure& refusal) {
    return refusal.code == errc::not_found || refusal.code == errc::forgotten;
  }
  void send_change(const change_requested& wanted);
  void finish_change(const change_requested& wanted, const result<wire::Response>& answer);
  [[nodiscard]] std::uint64_t changes_answered(task_id id) const;

  setup setup_;
  world& world_;
  history& history_;
  std::shared_ptr<client_inbox> inbox_;
  struct pause_request {
    bool is_paused = false;
    std::function<void()> on_done;
  };

  std::set<task_id> open_;
  std::set<std::pair<std::string, std::string>> deferred_;
  std::map<std::string, std::deque<pause_request>>
      pause_requests_; // By queue; the first is in progress.
  std::set<std::string> schedules_;
  std::uint64_t memory_losses_ = 0;
  std::set<task_id> changing_; // A change has no answer so far.
  std::set<task_id> unknown_;  // A change was given up without an answer.
  std::set<task_id> deleting_; // Its deletion was requested.
  std::set<task_id> deleted_;  // Its deletion was acknowledged.
  std::map<task_id, std::uint64_t> changes_answered_;
  bool may_change_ = true;
};

} // namespace belfry::sim
