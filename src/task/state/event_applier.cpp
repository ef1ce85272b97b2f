#include "task/state/event_applier.hpp"

#include "belfry/contract.hpp"
#include "task/ledger_views.hpp"

#include <algorithm>

namespace belfry {

namespace {

bool has_deadline(const task_spec& spec) {
  return spec.start_by || spec.complete_by;
}

void set_deadlines(task_extra& extra, const task_spec& spec) {
  extra.start_by = spec.start_by;
  extra.complete_by = spec.complete_by.value_or(instant_max);
}

} // namespace

void event_applier::apply(event& recorded) {
  std::visit([this](auto& change) { on(change); }, recorded);
}

void event_applier::on(task_submitted& submitted) {
  const auto serial = submitted.id.serial();
  state_.next_serial = std::max(state_.next_serial, serial + 1);
  auto& spec = submitted.spec;
  snapshots_.mark_dirty(serial);
  auto& record = state_.tasks.add(serial);
  record.id = submitted.id;
  record.accepted_at = submitted.at;
  record.due = submitted.due;
  record.rules = acquire_rules(spec, submitted.level);
  if (has_deadline(spec) || !spec.key.empty() || !submitted.schedule.empty()) {
    auto& extra = record.make_extra();
    set_deadlines(extra, spec);
    extra.schedule = std::move(submitted.schedule);
    if (!spec.key.empty()) {
      state_.duplicates.add_key(deduplication::key_name(spec.queue, spec.key), submitted.id,
                                submitted.at + spec.key_ttl);
      extra.key = std::move(spec.key);
    }
  }
  state_.tasks.set_payload(record, spec.payload);
  record.state = submitted.due <= submitted.at ? task_state::ready : task_state::scheduled;
  count(record);
  add_to_indexes(record);
}

void event_applier::on(task_started& started) {
  auto& record = record_for_update(started.id);
  // Coming due is not an event.
  if (record.state == task_state::scheduled)
    transition(record, step::comes_due, started.at);
  auto& details = record.make_details();
  details.token = started.token;
  ++details.attempt;
  transition(record, started.is_reserved ? step::is_reserved : step::starts, started.at);
  details.was_started_before = details.was_started;
  details.was_started = true;
  state_.sessions.attach_run(record, started.session);
}

void event_applier::on(task_begun& begun) {
  auto& record = record_for_update(begun.id);
  if (record.state == task_state::reserved)
    begin_run(record, begun.at);
  record.make_details().has_begun = true;
}

void event_applier::on(task_succeeded& succeeded) {
  auto& record = record_for_update(succeeded.id);
  if (!succeeded.output.empty())
    record.make_extra().output = std::move(succeeded.output);
  transition(record, step::succeeds, succeeded.at);
  set_times(record, succeeded.times);
}

void event_applier::on(task_failed& failed) {
  auto& record = record_for_update(failed.id);
  record.make_extra().add_error(std::move(failed.error));
  auto& details = record.make_details();
  if (failed.is_crash)
    ++details.crashes;
  if (!failed.may_not_have_begun)
    details.has_begun = true;
  if (failed.retry_at)
    record.due = *failed.retry_at;
  save_progress(record, failed.saved_progress);
  const auto change = failed.retry_at ? step::fails_retryably : step::fails_permanently;
  transition(record, change, failed.at);
  set_times(record, failed.times);
}

void event_applier::on(task_snoozed& snoozed) {
  auto& record = record_for_update(snoozed.id);
  auto& details = record.make_details();
  --details.attempt;
  if (snoozed.never_started)
    details.was_started = details.was_started_before;
  else
    details.has_begun = true;
  record.due = snoozed.until;
  save_progress(record, snoozed.saved_progress);
  transition(record, step::snoozes, snoozed.at);
  if (!snoozed.never_started || snoozed.times)
    set_times(record, snoozed.times);
}

void event_applier::on(cancel_requested& requested) {
  auto& record = record_for_update(requested.id);
  auto& details = record.make_details();
  details.is_cancel_requested = true;
  state_.pending_effects.revokes.push_back(
      {state_.sessions.id(details.session), record.id, details.token});
}

void event_applier::on(task_cancelled& cancelled) {
  auto& record = record_for_update(cancelled.id);
  if (cancelled.never_started) {
    auto& details = record.make_details();
    --details.attempt;
    details.was_started = details.was_started_before;
  }
  const bool may_have_run = is_granted(record.state) && !cancelled.never_started;
  transition(record, step::is_cancelled, cancelled.at);
  if (may_have_run)
    set_times(record, cancelled.times);
}

void event_applier::on(task_expired& expired) {
  transition(record_for_update(expired.id), step::expires, expired.at);
}

void event_applier::on(task_requeued& requeued) {
  auto& record = record_for_update(requeued.id);
  auto& details = record.make_details();
  details.attempt = details.crashes = 0;
  details.was_requeued = true;
  record.due = requeued.at;
  transition(record, step::is_requeued, requeued.at);
}

void event_applier::on(batch_accepted& batch) {
  state_.duplicates.add_batch(batch);
}

void event_applier::on(queue_settings& settings) {
  const auto is_paused = settings.is_paused;
  const auto queue = settings.queue;
  state_.queues.set(settings);
  if (is_paused)
    recall_prefetched_runs(*state_.queues.find_index(queue));
}

void event_applier::recall_prefetched_runs(std::uint32_t queue) {
  const auto& sessions = state_.sessions;
  for (std::uint32_t session = 0; session < sessions.index_end(); ++session)
    for (const auto id : sessions.runs(session))
      if (const auto& record = *state_.tasks.find(id.serial());
          state_.rules_of(record).queue == queue)
        state_.pending_effects.recalls.push_back(
            {sessions.id(session), id, record.details().token});
}

void event_applier::on(serials_reserved& reserved) {
  state_.reserved_serial_max = reserved.serial_max;
}

// --- events of snapshots ---

void event_applier::on(serial_restored& restored) {
  state_.next_serial = std::max(state_.next_serial, restored.next);
}

void event_applier::on(key_restored& restored) {
  state_.duplicates.add_key(std::move(restored.name), restored.id, restored.until);
}

void event_applier::on(schedule_restored& restored) {
  state_.schedules.restore(restored);
}

void event_applier::on(task_restored& restored) {
  auto& spec = restored.spec;
  auto& record = state_.tasks.add(restored.id.serial());
  state_.tasks.mark_clean(restored.id.serial() / task_table::page_size);
  record.id = restored.id;
  record.accepted_at = restored.accepted_at;
  record.due = restored.due;
  record.state = restored.state;
  record.rules = acquire_rules(spec, restored.level);
  if (restored.token.value != 0 || is_settled(restored.state) || restored.was_requeued) {
    auto& details = record.make_details();
    details.token = restored.token;
    details.changed_at = restored.changed_at;
    details.began_ms_ago = restored.started_ms_ago;
    details.is_start_known = restored.is_start_known && restored.token.value != 0;
    details.ran_ms = restored.ran_ms.value_or(0);
    details.has_run_time = restored.ran_ms.has_value();
    details.attempt = static_cast<std::uint16_t>(restored.attempt);
    details.crashes = static_cast<std::uint16_t>(restored.crashes);
    details.is_cancel_requested = restored.is_cancel_requested;
    details.was_started = restored.was_started;
    details.was_requeued = restored.was_requeued;
    details.was_started_before = restored.was_started_before;
    details.has_begun = restored.has_begun.value_or(has_surely_begun(restored));
  }
  if (has_deadline(spec) || !spec.key.empty() || !restored.schedule.empty() ||
      !restored.last_error.empty() || !restored.earlier_errors.empty() ||
      !restored.output.empty() || !restored.saved_progress.empty()) {
    auto& extra = record.make_extra();
    set_deadlines(extra, spec);
    extra.key = std::move(spec.key);
    extra.schedule = std::move(restored.schedule);
    extra.nominal = restored.nominal.value_or(instant_max);
    extra.restore_errors(std::move(restored.last_error), std::move(restored.earlier_errors));
    extra.output = std::move(restored.output);
    if (!restored.saved_progress.empty())
      extra.saved_progress =
          std::make_unique<const std::string>(std::move(restored.saved_progress));
  }
  state_.tasks.set_payload(record, spec.payload);
  count(record);
  if (is_granted(record.state))
    state_.sessions.attach_run(record, restored.session);
  add_to_indexes(record);
}

// --- indexes ---

void event_applier::transition(task_record& record, step change, instant at) {
  const auto timer = state_.wakes_at(record);
  remove_from_indexes(record);
  set_state(record, change);
  if (change == step::starts)
    set_start(record, at);
  else if (change != step::comes_due)
    record.make_details().set_changed_at(at);
  state_.timers.cancel(timer);
  add_to_indexes(record);
}

void event_applier::begin_run(task_record& record, instant at) {
  set_state(record, step::begins);
  set_start(record, at);
  add_timer(record);
}

void event_applier::set_state(task_record& record, step change) {
  const auto state = after(record.state, change);
  expects(state.has_value(), "ledger: the life cycle allows this step");
  auto& counts = state_.queues.at(state_.rules_of(record).queue).counts;
  --counts[static_cast<std::size_t>(record.state)];
  ++counts[static_cast<std::size_t>(*state)];
  record.state = *state;
}

void event_applier::set_start(task_record& record, instant at) {
  auto& details = record.make_details();
  details.changed_at = at;
  details.began_ms_ago = 0;
  details.is_start_known = true;
  details.has_run_time = false;
}

/// The run has just ended, with these times.
void event_applier::set_times(task_record& record, const std::optional<run_times>& times) {
  auto& details = record.make_details();
  details.has_run_time = times && times->ran;
  if (!times)
    return;
  details.set_began_at(times->began_at);
  details.is_start_known = details.has_begun = true;
  details.ran_ms = static_cast<std::uint32_t>(std::clamp(
      times->ran.value_or(duration{0}).count(), duration::rep{0}, started_ago_max.count()));
}

void event_applier::count(const task_record& record) {
  ++state_.queues.at(state_.rules_of(record).queue).counts[static_cast<std::size_t>(record.state)];
}

void event_applier::add_to_indexes(task_record& record) {
  if (record.state == task_state::ready) {
    const auto& rules = state_.rules_of(record);
    state_.queues.lane_for_update(rules).add({rules.priority, record.due, record.id});
  } else if (is_settled(record.state)) {
    add_to_settled(record);
  }
  add_timer(record);
}

void event_applier::add_timer(const task_record& record) {
  if (const auto timer = state_.wakes_at(record); timer != instant_max)
    state_.timers.add(timer_kind::task, record.id.serial(), timer);
}

void event_applier::remove_from_indexes(task_record& record) {
  if (record.state == task_state::ready) {
    state_.queues.lane_for_update(state_.rules_of(record)).mark_removed();
  } else if (is_granted(record.state)) {
    state_.sessions.detach_run(record, state_.tasks);
  } else if (is_settled(record.state) && record.state != task_state::dead) {
    --state_.settled_count;
  }
}

void event_applier::add_to_settled(task_record& record) {
  auto& details = record.make_details();
  details.is_cancel_requested = false;
  state_.pending_effects.settled.push_back(record.id);
  if (details.extra && !details.extra->schedule.empty())
    state_.schedules.wake_after(record);
  if (record.state == task_state::dead) {
    details.was_requeued = false;
    state_.pending_effects.dead.push_back(record.id);
    return;
  }
  state_.tasks.set_payload(record, {});
  if (details.extra)
    details.extra->saved_progress.reset();
  auto& settled = state_.settled;
  settled.push_back(record.id);
  ++state_.settled_count;
  while (settled.size() > state_.options.settled_kept_max) {
    const auto oldest = settled.front();
    settled.pop_front();
    if (auto* old = state_.tasks.find(oldest.serial());
        old && is_settled(old->state) && old->state != task_state::dead && old != &record)
      remove_task(*old);
  }
}

void event_applier::remove_task(task_record& record) {
  if (!state_.watched.is_empty() && state_.watched.is_watched(record.id))
    state_.watched.keep(*ledger_views{state_}.describe(record.id, false));
  const auto timer = state_.wakes_at(record);
  remove_from_indexes(record);
  auto& counts = state_.queues.at(state_.rules_of(record).queue).counts;
  --counts[static_cast<std::size_t>(record.state)];
  release_rules(record.rules);
  state_.tasks.set_payload(record, {});
  state_.tasks.remove(record.id.serial());
  state_.timers.cancel(timer);
}

/// What earlier attempts saved stays unless this one has saved, too.
void event_applier::save_progress(task_record& record, std::optional<std::string>& progress) {
  if (!progress)
    return;
  auto& saved = record.make_extra().saved_progress;
  saved = progress->empty() ? nullptr : std::make_unique<const std::string>(std::move(*progress));
}

task_record& event_applier::record_for_update(task_id id) {
  auto* record = state_.find(id);
  expects(record, "ledger: an event names a known task");
  snapshots_.mark_dirty(id.serial());
  return *record;
}

std::uint32_t event_applier::acquire_rules(task_spec& spec, durability level) {
  const auto number = state_.rules.acquire({.queue = state_.queues.index_of(spec.queue),
                                            .kind = state_.queues.index_of(spec.kind),
                                            .priority = static_cast<std::int8_t>(spec.priority),
                                            .level = level,
                                            .timeout = spec.timeout,
                                            .retention = spec.retention,
                                            .retry = std::move(spec.retry)});
  if (state_.rules.use_count(number) == 1)
    state_.queues.add_rules({state_.rules[number].queue, state_.rules[number].kind},
                            state_.rules[number].priority);
  return number;
}

void event_applier::release_rules(std::uint32_t number) {
  const queue_table::lane_name lane{state_.rules[number].queue, state_.rules[number].kind};
  const bool is_last = state_.rules.use_count(number) == 1;
  state_.rules.release(number);
  if (is_last)
    state_.queues.remove_rules(lane);
}

} // namespace belfry
