#pragma once

#include "task/event.hpp"
#include "task/lifecycle.hpp"
#include "task/state/ledger_state.hpp"
#include "task/state/snapshot_writer.hpp"

#include <optional>
#include <string>

namespace belfry {

/// Changes a shard's state as events say, the same whether they were just decided or are replayed,
/// and keeps every task in the indexes that its state asks for. What the world outside must do
/// about an event collects in `ledger_state::pending_effects`.
///
/// Owned by one ledger; not thread-safe. Applying costs O(log n) at most in the waiting tasks.
class event_applier {
public:
  event_applier(ledger_state& state, snapshot_writer& snapshots)
      : state_(state), snapshots_(snapshots) {}

  /// Applies `recorded`, whose strings are moved from.
  void apply(event& recorded);
  /// Moves the task to the state that `change` leads to. Requires: the life cycle allows it.
  void transition(task_record& record, step change, instant at);
  /// The handler of the task, which is reserved, began at `at`. An event only if a deadline is met
  /// by it: of other tasks, the worker says so again whenever it attaches.
  void begin_run(task_record& record, instant at);
  /// Forgets the task.
  void remove_task(task_record& record);

private:
  void on(task_submitted& submitted);
  void on(task_started& started);
  void on(task_begun& begun);
  void on(task_succeeded& succeeded);
  void on(task_failed& failed);
  void on(task_snoozed& snoozed);
  void on(cancel_requested& requested);
  void on(task_cancelled& cancelled);
  void on(task_expired& expired);
  void on(task_requeued& requeued);
  void on(task_changed& changed);
  void on(batch_accepted& batch);
  void on(queue_settings& settings);
  void on(schedule_put& put);
  void on(schedule_removed& removed);
  void on(schedule_fired& fired);
  void on(schedule_paused& paused);
  void on(serials_reserved& reserved);
  void on(task_restored& restored);
  void on(key_restored& restored);
  void on(schedule_restored& restored);
  void on(serial_restored& restored);
  void on(commands_restored& restored);

  static void save_progress(task_record& record, std::optional<std::string>& progress);
  task_record& record_for_update(task_id id);
  std::uint32_t acquire_rules(task_spec& spec, durability level); // Leaves its retry policy empty.
  void release_rules(std::uint32_t number);
  void delete_task(task_id id);
  void set_rules(task_record& record, const task_change& change);
  void count(const task_record& record);
  void set_state(task_record& record, step change);
  void set_start(task_record& record, instant at);
  void set_times(task_record& record, const std::optional<run_times>& times);
  void add_to_indexes(task_record& record);
  void add_timer(const task_record& record);
  void remove_from_indexes(task_record& record);
  void add_to_settled(task_record& record);
  void recall_prefetched_runs(std::uint32_t queue);

  ledger_state& state_;
  snapshot_writer& snapshots_;
};

} // namespace belfry
