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

/// A user of the cluster: the production client on a node of its own. What it is told goes to the
/// history; its answers are what a real user could rely on.
class sim_client {
public:
  struct setup {
    std::vector<node_address> addresses; ///< of some nodes
    std::uint64_t seed = 1;
    std::uint16_t shards = 1;
    std::size_t batch_max = 512; ///< tasks that it sends at once
  };

  sim_client(setup of, sim_node& node, world& sim_world, history& run_history);

  using accepted = std::function<void(task_id)>;
  using answered = std::function<void(result<wire::Response>)>;

  void submit(task_tag tag, task_spec spec, accepted then,
              std::function<void(const failure&)> refused = {});
  /// Asks once and waits for the answer, up to `patience`.
  void ask(wire::Request request, duration timeout, answered then);
  /// All that was accepted and is not known to be settled.
  [[nodiscard]] const std::set<task_id>& open_tasks() const { return open_; }
  /// Looks once for what outboxes accepted: what is delivered by now is an open task from then on.
  void find_deferred();
  /// Queue and key of what an outbox accepted and was not found yet.
  [[nodiscard]] const std::set<std::pair<std::string, std::string>>& deferred() const {
    return deferred_;
  }
  /// The server has lost what it knew: nothing is known of what was accepted before.
  void forget_tasks();
  void cancel(task_id id);
  /// Pauses or resumes the queue in all shards, however long that takes; then calls `then`. What is
  /// ordered for one queue is done in that order.
  void set_paused(const std::string& queue, bool is_paused, std::function<void()> then);
  /// Asks every shard once to let the queue accept anywhere, or not any more.
  void set_open(const std::string& queue, bool is_open);
  /// Asks once for a server to be emptied, or to be filled again.
  void drain(const std::string& server, bool is_undrain);
  /// Sends a schedule once; whether it was taken can be seen in the history.
  void put_schedule(schedule_spec spec);
  /// Asks once for the tasks of every schedule that was acknowledged. Requires: each schedule has a
  /// queue of its name for itself.
  void list_schedules();
  /// Asks once for all tasks, or for how many there are; the history gets the answer.
  void list_tasks();
  void count_tasks();
  /// Asks for a task once.
  void look_at(task_id id);
  /// Waits for a task, up to `patience`.
  void wait_for(task_id id, duration timeout);

private:
  void set_paused_in(shard_id shard, const std::string& queue, bool is_paused,
                     std::function<void()> then);
  void carry_out_order(const std::string& queue);
  void finish_order(const std::string& queue);
  void list_more(schedule_listed so_far, std::uint64_t after);
  void list_more(tasks_listed so_far, shard_id shard, std::uint64_t after,
                 const std::function<void(const tasks_listed&)>& then);
  void count_more(tasks_counted so_far, shard_id shard);
  void record_task(task_id id, const result<wire::Response>& answer);

  setup setup_;
  world& world_;
  history& history_;
  std::shared_ptr<client_inbox> inbox_;
  struct pause_order {
    bool is_paused = false;
    std::function<void()> then;
  };

  std::set<task_id> open_;
  std::set<std::pair<std::string, std::string>> deferred_;
  std::map<std::string, std::deque<pause_order>> orders_; // By queue; the first is under way.
  std::set<std::string> schedules_;
  std::uint64_t memory_losses_ = 0; // Of the server: how often they were lost.
};

} // namespace belfry::sim
