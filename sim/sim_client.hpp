#pragma once

#include "client_inbox.hpp"
#include "history.hpp"
#include "world.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>

namespace belfry::sim {

/// A user of the cluster: the production client on a node of its own. What it is told goes to the
/// history; its answers are what a real user could rely on.
class sim_client {
public:
  struct setup {
    std::string server; ///< its host name
    std::uint64_t seed = 1;
    std::uint16_t shards = 1;
  };

  sim_client(setup of, sim_node& node, world& inside, history& seen);

  using accepted = std::function<void(task_id)>;

  void submit(task_tag tag, task_spec spec, accepted then);
  /// All that was accepted.
  [[nodiscard]] const std::set<task_id>& tasks() const { return tasks_; }
  void cancel(task_id id);
  /// Pauses or resumes the queue in all shards, however long that takes; then calls `then`.
  void set_paused(const std::string& queue, bool is_paused, std::function<void()> then);
  /// Sends a schedule once; whether it was taken can be seen in the history.
  void put_schedule(schedule_spec spec);
  /// Asks once for the tasks of every schedule that was acknowledged. Requires: each schedule has a
  /// queue of its name for itself.
  void list_schedules();
  /// Asks for a task once; `then` gets whether it is settled.
  void look_at(task_id id, std::function<void(bool)> then);
  /// Waits for a task, up to `patience`.
  void wait_for(task_id id, duration patience);

private:
  using answered = std::function<void(result<wire::Answer>)>;

  void ask(wire::Request about, duration patience, answered then);
  void set_paused_in(shard_id shard, const std::string& queue, bool is_paused,
                     std::function<void()> then);
  void list_more(schedule_listed so_far, std::uint64_t after);
  bool tell_task(task_id id, const result<wire::Answer>& answer);

  setup setup_;
  world& world_;
  history& history_;
  std::shared_ptr<client_inbox> inbox_;
  std::set<task_id> tasks_;
  std::set<std::string> schedules_;
};

} // namespace belfry::sim
