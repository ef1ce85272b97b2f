#pragma once

#include "belfry/failure.hpp"
#include "belfry/task.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace belfry::sim {

/// Identifies a task within its workload before belfry has assigned an id. 0: unknown.
using task_tag = std::uint64_t;

// Observations of a cluster from outside: by its client, by its handlers, and on its network.

/// The client submits a task.
struct task_offered {
  task_tag tag = 0;
  task_spec spec;
};

/// The client has received the acknowledgement.
struct task_accepted {
  task_tag tag = 0;
  task_id id;
  bool is_duplicate = false;
};

/// The client has received the acknowledgement of an outbox: the task has no id yet.
struct task_deferred {
  task_tag tag = 0;
  std::string queue;
  std::string key;
};

struct task_refused {
  task_tag tag = 0;
  failure reason;
};

/// The client has received the state of a task.
struct task_observed {
  task_info info;
  bool may_be_outdated = false; ///< a change of the task was answered after the client had asked
};

/// The client has received the answer that there is no such task.
struct task_missing {
  task_id id;
};

/// The client has received the list of all tasks, shard by shard.
struct tasks_listed {
  std::vector<task_info> tasks;
};

/// The client has received how many tasks of each queue are in each state, over all shards.
struct tasks_counted {
  std::map<std::pair<std::string, task_state>, std::uint64_t> counts;
};

/// The client has received how many tasks run: as the queues of all shards count them, and as the
/// status of the server counts the slots of its workers.
struct runs_counted {
  std::uint64_t by_queues = 0;
  std::uint64_t by_status = 0;
};

/// The client requests the cancellation of a task.
struct cancel_requested {
  task_id id;
};

/// The client has received the acknowledgement that a task is cancelled or will be.
struct cancel_acknowledged {
  task_id id;
};

/// The client requests a change of a task, or its deletion. The next change of this task is not
/// requested before this one is answered.
struct change_requested {
  task_id id;
  task_change change;
  bool is_deleted = false; ///< and nothing else
};

/// The client has received the answer to its latest change of the task.
struct change_answered {
  task_id id;
  bool is_made = true; ///< otherwise it was refused
};

/// The client requests that a queue resumes: from now on its tasks may run.
struct resume_requested {
  std::string queue;
};

/// The client has received the acknowledgement of one shard that a queue is paused there.
struct pause_acknowledged {
  std::string queue;
  shard_id shard;
};

/// The client has received the acknowledgement of a schedule.
struct schedule_acknowledged {
  schedule_spec spec;
};

/// The client sends a command to a schedule, or has received its acknowledgement.
struct schedule_commanded {
  enum class action : std::uint8_t { pause, resume, trigger };

  std::string name;
  action command = action::pause;
  bool is_acknowledged = false; ///< otherwise it is requested
};

/// The client has received all tasks that a schedule has submitted.
struct schedule_listed {
  std::string name;
  std::vector<instant> due;        ///< in no order
  std::vector<instant> accepted{}; ///< of the same tasks, in the same order
};

/// The grant of a run leaves the server for a worker.
struct run_granted {
  task_id id;
  fencing_token token;
  std::uint32_t attempt = 1;
};

/// A handler starts.
struct run_started {
  task_id id;
  fencing_token token;
  std::uint32_t attempt = 0;
  task_tag tag = 0;
  std::string worker;
  bool is_intact = true;           ///< its payload equals the submitted one
  std::string previous_progress{}; ///< as the handler read it
  std::uint32_t version = 0;       ///< of its payload, see `task_scripts`
};

/// A handler returns, or its process has died.
struct run_ended {
  enum class ending : std::uint8_t { succeeded, failed, snoozed, interrupted, crashed };

  task_id id;
  fencing_token token;
  ending outcome = ending::succeeded;
  duration snooze{0};
  std::string output{};         ///< of a successful run
  std::string saved_progress{}; ///< with this outcome; empty: none
};

/// A fault was injected.
struct fault_injected {
  std::string description;
};

/// The server lost its disk and all that it had acknowledged. Its next incarnation starts from the
/// last backup or from an empty disk; workers and the client live through it.
struct disk_replaced {
  bool is_empty = false;
};

/// A bit of a shard's journal was flipped on the server's disk while the server is down.
struct disk_damaged {
  shard_id shard;
};

/// The damaged journal was repaired.
struct disk_repaired {};

/// All faults are healed, and no more are injected.
struct faults_healed {};

/// A line of the log.
struct line_logged {
  bool is_error = false;
  std::string text;
};

/// An actor of the server ended by throwing.
struct actor_threw {
  std::string description;
};

/// The server process ended by itself.
struct server_failed {
  std::string reason;
};

/// The audit of a shard found its state inconsistent.
struct audit_failed {
  std::string description;
};

using observation =
    std::variant<task_offered, task_accepted, task_deferred, task_refused, task_observed,
                 task_missing, tasks_listed, tasks_counted, runs_counted, cancel_requested,
                 cancel_acknowledged, change_requested, change_answered, resume_requested,
                 pause_acknowledged, schedule_acknowledged, schedule_commanded, schedule_listed,
                 run_granted, run_started, run_ended, fault_injected, disk_replaced, disk_damaged,
                 disk_repaired, faults_healed, line_logged, actor_threw, server_failed,
                 audit_failed>;

/// The observation as one line of text.
[[nodiscard]] std::string to_line(const observation& event);

} // namespace belfry::sim
