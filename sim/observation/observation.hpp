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

/// Names a task as its workload meant it, before belfry has given it an id. 0: nobody knows.
using task_tag = std::uint64_t;

// What can be seen of a cluster from outside: by its client, by its handlers, and on its network.

/// The client sends a task.
struct task_offered {
  task_tag tag = 0;
  task_spec spec;
};

/// The client has the acknowledgement.
struct task_accepted {
  task_tag tag = 0;
  task_id id;
  bool is_duplicate = false;
};

/// The client has the acknowledgement of an outbox: the task has no id yet.
struct task_deferred {
  task_tag tag = 0;
  std::string queue;
  std::string key;
};

struct task_refused {
  task_tag tag = 0;
  failure why;
};

/// The client has been told about a task.
struct task_observed {
  task_info info;
};

/// The client has been told that there is no such task.
struct task_missing {
  task_id id;
};

/// The client has been told of every task that there is, shard by shard.
struct tasks_listed {
  std::vector<task_info> tasks;
};

/// The client has been told how many tasks of each queue are in each state, of all shards together.
struct tasks_counted {
  std::map<std::pair<std::string, task_state>, std::uint64_t> counts;
};

/// The client asks to cancel a task.
struct cancel_requested {
  task_id id;
};

/// The client has the acknowledgement that a task is cancelled, or is about to be.
struct cancel_acknowledged {
  task_id id;
};

/// The client asks to resume a queue: from now on it may run.
struct resume_requested {
  std::string queue;
};

/// The client has the acknowledgement of one shard that a queue is paused there.
struct pause_acknowledged {
  std::string queue;
  shard_id shard;
};

/// The client has the acknowledgement of a schedule.
struct schedule_acknowledged {
  schedule_spec spec;
};

/// The client has been told of all tasks that a schedule has submitted.
struct schedule_listed {
  std::string name;
  std::vector<instant> due; ///< in no order
};

/// A run leaves the server for a worker.
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
  bool is_intact = true; ///< its payload has arrived as it was sent
};

/// A handler returns, or its whole process is gone.
struct run_ended {
  enum class ending : std::uint8_t { succeeded, failed, snoozed, interrupted, crashed };

  task_id id;
  fencing_token token;
  ending how = ending::succeeded;
  duration snooze{0};
  std::string output{}; ///< of a success
};

/// Something was broken on purpose.
struct fault_injected {
  std::string what;
};

/// The server lost its disk, and what it had acknowledged with it; its next life begins with an
/// older copy or with nothing. No worker outlives that.
struct disk_replaced {
  bool is_empty = false;
};

/// A bit of what a shard needs to recover is wrong on the server's disk; the server is down.
struct disk_damaged {
  shard_id shard;
};

/// It is right again.
struct disk_repaired {};

/// Nothing is broken on purpose from now on.
struct faults_healed {};

/// A line of the log.
struct line_logged {
  bool is_error = false;
  std::string text;
};

/// An actor of the server ended by throwing.
struct actor_threw {
  std::string what;
};

/// The server gave itself up.
struct server_failed {
  std::string why;
};

/// A shard found its own books wrong.
struct audit_failed {
  std::string what;
};

using observation =
    std::variant<task_offered, task_accepted, task_deferred, task_refused, task_observed,
                 task_missing, tasks_listed, tasks_counted, cancel_requested, cancel_acknowledged,
                 resume_requested, pause_acknowledged, schedule_acknowledged, schedule_listed,
                 run_granted, run_started, run_ended, fault_injected, disk_replaced, disk_damaged,
                 disk_repaired, faults_healed, line_logged, actor_threw, server_failed,
                 audit_failed>;

/// The observation as one line for people.
[[nodiscard]] std::string to_line(const observation& what);

} // namespace belfry::sim
