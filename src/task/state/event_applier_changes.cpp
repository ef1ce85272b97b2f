// What clients change of tasks that wait and of schedules, and how settled tasks are deleted.
#include "task/state/event_applier.hpp"

namespace belfry {

void event_applier::on(task_changed& changed) {
  state_.commands.add(changed.command);
  if (changed.is_deleted)
    return delete_task(changed.id);
  auto& record = record_for_update(changed.id);
  const auto timer = state_.wakes_at(record);
  if (record.state == task_state::ready)
    state_.queues.lane_for_update(state_.rules_of(record)).mark_removed();
  const auto& change = changed.change;
  record.due = change.due.value_or(record.due);
  if (record.state == task_state::ready && record.due > changed.at)
    set_state(record, step::is_postponed);
  if (change.priority || change.queue)
    set_rules(record, change);
  if (change.payload)
    state_.tasks.set_payload(record, *change.payload);
  if (record.state == task_state::ready) {
    const auto& rules = state_.rules_of(record);
    state_.queues.add_changed(rules, {rules.priority, record.due, record.id});
  }
  if (state_.wakes_at(record) == timer)
    return;
  state_.timers.cancel(timer);
  add_timer(record);
}

/// A replay may have forgotten the task already: with other settled tasks than the shard knew then.
void event_applier::delete_task(task_id id) {
  auto* record = state_.find(id);
  if (!record)
    return;
  snapshots_.mark_dirty(id.serial());
  remove_task(*record);
}

void event_applier::on(schedule_put& put) {
  state_.commands.add(put.command);
  state_.schedules.put(put);
}

void event_applier::on(schedule_removed& removed) {
  state_.commands.add(removed.command);
  state_.schedules.remove(removed.name);
}

void event_applier::on(schedule_fired& fired) {
  // A task that a client has triggered stands for no time of the schedule. Another is not there
  // after a restart if it was in memory alone.
  if (fired.command == 0 && state_.find(fired.task))
    record_for_update(fired.task).make_extra().nominal = fired.nominal;
  state_.commands.add(fired.command);
  state_.schedules.mark_fired(fired);
}

void event_applier::on(schedule_paused& paused) {
  state_.commands.add(paused.command);
  state_.schedules.set_paused(paused);
}

void event_applier::on(commands_restored& restored) {
  for (const auto number : restored.numbers)
    state_.commands.add(number);
}

/// The new rules are acquired first: a queue and a lane that the task stays in are not forgotten.
void event_applier::set_rules(task_record& record, const task_change& change) {
  const auto state = static_cast<std::size_t>(record.state);
  const auto former = std::uint32_t{record.rules};
  auto rules = state_.rules_of(record);
  --state_.queues.at(rules.queue).counts[state];
  state_.queues.note_former_entries({rules.queue, rules.kind});
  if (change.priority)
    rules.priority = static_cast<std::int8_t>(*change.priority);
  if (change.queue)
    rules.queue = state_.queues.index_of(*change.queue);
  const queue_table::lane_name lane{rules.queue, rules.kind};
  record.rules = state_.rules.acquire(std::move(rules));
  if (state_.rules.use_count(record.rules) == 1)
    state_.queues.add_rules(lane, state_.rules[record.rules].priority);
  ++state_.queues.at(lane.first).counts[state];
  release_rules(former);
}

} // namespace belfry
