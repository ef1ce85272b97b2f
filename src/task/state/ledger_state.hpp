#pragma once

#include "task/effects.hpp"
#include "task/granted_run.hpp"
#include "task/rule_book.hpp"
#include "task/state/deduplication.hpp"
#include "task/state/ledger_options.hpp"
#include "task/state/queue_table.hpp"
#include "task/state/recent_commands.hpp"
#include "task/state/schedule_book.hpp"
#include "task/state/session_leases.hpp"
#include "task/state/shard_timers.hpp"
#include "task/state/watched_tasks.hpp"
#include "task/task_table.hpp"

#include <cstdint>
#include <deque>

namespace belfry {

/// All that a shard knows of its tasks. `event_applier` changes it, `ledger` decides what changes,
/// `ledger_views` and `snapshot_writer` read it.
///
/// Owned by one ledger; not thread-safe.
struct ledger_state {
  ledger_state(const ledger_options& limits, instant now);
  ledger_state(const ledger_state&) = delete;
  ledger_state& operator=(const ledger_state&) = delete;

  /// Null, too, if the task is of another shard.
  [[nodiscard]] const task_record* find(task_id id) const {
    return id.shard() == options.shard ? tasks.find(id.serial()) : nullptr;
  }
  [[nodiscard]] task_record* find(task_id id) {
    return id.shard() == options.shard ? tasks.find(id.serial()) : nullptr;
  }
  [[nodiscard]] const task_rules& rules_of(const task_record& record) const {
    return rules[record.rules];
  }
  /// Whether the attempt with `token` is the one that a worker has now.
  [[nodiscard]] bool is_live(task_id id, fencing_token token) const;
  /// Whether `run` is the attempt of `record` that a worker has now. A token alone does not tell: a
  /// shard restored from a copy may have granted the token before, to another session.
  [[nodiscard]] bool is_live(const task_record& record, const granted_run& run) const {
    return is_granted(record.state) && record.details().token == run.token &&
           sessions.id(record.details().session) == run.session;
  }
  /// When the task's timer rings; `instant_max`: never.
  [[nodiscard]] instant wakes_at(const task_record& record) const;
  /// Whether the owner of the timer waits for it at `due`.
  [[nodiscard]] bool is_timer_pending(timer_key key, instant due) const;

  ledger_options options;
  shard_timers timers;
  task_table tasks;
  rule_book rules;
  queue_table queues{tasks, rules};
  session_leases sessions{timers, options};
  schedule_book schedules{timers};
  deduplication duplicates{options.deduplication_window};
  recent_commands commands;
  std::uint64_t next_serial = 1;
  std::uint64_t reserved_serial_max = 0; ///< serials up to here may be given without being durable
  std::deque<task_id> settled;           ///< oldest first; may name tasks that are gone
  std::size_t settled_count = 0;         ///< without dead tasks
  watched_tasks watched;
  effects pending_effects;
};

} // namespace belfry
