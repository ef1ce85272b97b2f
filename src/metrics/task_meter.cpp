#include "metrics/task_meter.hpp"

#include <string_view>
#include <variant>

namespace belfry {

namespace {

/// Whether an error, which may have a message behind it, is the one of this name.
bool is_error(std::string_view error, std::string_view name) {
  return error.starts_with(name) && (error.size() == name.size() || error[name.size()] == ':');
}

attempt_outcome outcome_of(const task_failed& failed) {
  if (is_error(failed.error, "timed_out"))
    return attempt_outcome::timed_out;
  if (!failed.is_crash)
    return attempt_outcome::failed;
  return is_error(failed.error, "worker_lost") ? attempt_outcome::worker_lost
                                               : attempt_outcome::crashed;
}

} // namespace

void task_meter::record(const event& change, durability level) {
  std::visit([this](const auto& recorded) { count(recorded); }, change);
  next_.record(change, level);
}

bool task_meter::is_reserved(task_id id) const {
  const auto* record = find(id);
  return record && record->state == task_state::reserved;
}

void task_meter::count_begin(task_id id) {
  if (const auto* record = find(id); record && record->state == task_state::running)
    begin(*record, record->details().began_at(), counts_of(*record));
}

const task_record* task_meter::find(task_id id) const {
  return tasks_ ? tasks_->views().find(id) : nullptr;
}

/// A number in the rule book may come to stand for other rules: the names tell.
event_counts& task_meter::look_up(remembered_counts& latest, const std::string& queue,
                                  const std::string& kind) {
  if (!latest.counts || latest.kind != kind || latest.queue != queue)
    latest = {queue, kind, &counters_.at(queue, kind)};
  return *latest.counts;
}

event_counts& task_meter::counts_of(const task_record& record) {
  const auto views = tasks_->views();
  const auto& rules = views.rules_of(record);
  return look_up(remembered_[record.rules % remembered_max], views.name(rules.queue),
                 views.name(rules.kind));
}

void task_meter::begin(const task_record& record, instant at, event_counts& counts) {
  ++counts.started;
  counts.start_delay.add(at - record.due);
}

/// Of a short run, the worker says with its outcome when the handler began.
event_counts& task_meter::end_attempt(const task_record& record, attempt_outcome outcome,
                                      const std::optional<run_times>& times) {
  auto& counts = counts_of(record);
  if (times && record.state == task_state::reserved)
    begin(record, times->began_at, counts);
  ++counts.attempts[static_cast<std::size_t>(outcome)];
  if (times && times->ran)
    counts.attempt_time.add(*times->ran);
  return counts;
}

void task_meter::settle(event_counts& counts, task_state state) {
  ++counts.settled[static_cast<std::size_t>(state)];
}

// --- events ---

void task_meter::count(const task_submitted& accepted) {
  ++look_up(accepted_, accepted.spec.queue, accepted.spec.kind).submitted;
}

void task_meter::count(const task_started& started) {
  if (started.is_reserved)
    return;
  if (const auto* record = find(started.id))
    begin(*record, started.at, counts_of(*record));
}

void task_meter::count(const task_succeeded& succeeded) {
  if (const auto* record = find(succeeded.id))
    settle(end_attempt(*record, attempt_outcome::succeeded, succeeded.times),
           task_state::succeeded);
}

void task_meter::count(const task_failed& failed) {
  const auto* record = find(failed.id);
  if (!record)
    return;
  auto& counts = end_attempt(*record, outcome_of(failed), failed.times);
  if (!failed.retry_at)
    settle(counts, task_state::dead);
}

/// A run that was given back before its handler was called is no attempt.
void task_meter::count(const task_snoozed& snoozed) {
  if (const auto* record = find(snoozed.id); record && !snoozed.never_started)
    end_attempt(*record, attempt_outcome::snoozed, snoozed.times);
}

void task_meter::count(const task_cancelled& cancelled) {
  const auto* record = find(cancelled.id);
  if (!record)
    return;
  const bool is_attempt = is_granted(record->state) && !cancelled.never_started;
  settle(is_attempt ? end_attempt(*record, attempt_outcome::cancelled, cancelled.times)
                    : counts_of(*record),
         task_state::cancelled);
}

void task_meter::count(const task_expired& expired) {
  if (const auto* record = find(expired.id))
    settle(counts_of(*record), task_state::expired);
}

} // namespace belfry
