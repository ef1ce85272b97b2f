#include "task/state/schedule_book.hpp"

#include "belfry/contract.hpp"
#include "task/validate.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

void schedule_book::put(schedule_put& put) {
  auto [index, is_new] = indexes_.try_emplace(put.spec.name, next_index_);
  if (is_new)
    ++next_index_;
  auto& schedule = schedules_[index->second];
  // The same line in the same zone goes on where it was, so that a deploy neither repeats nor
  // skips a run.
  if (is_new || schedule.summary.spec.when != put.spec.when ||
      schedule.summary.last_nominal > put.at + schedule_ahead_max)
    schedule.summary.last_nominal = put.at;
  schedule.summary.spec = std::move(put.spec);
  evaluate(schedule);
  arm(schedule, index->second);
}

void schedule_book::remove(const std::string& name) {
  const auto index = indexes_.find(name);
  expects(index != indexes_.end(), "ledger: an event names a known schedule");
  const auto timer = schedules_[index->second].wakes_at;
  schedules_.erase(index->second);
  indexes_.erase(index);
  timers_.cancel(timer);
}

void schedule_book::mark_fired(const schedule_fired& fired) {
  const auto index = indexes_.find(fired.name);
  expects(index != indexes_.end(), "ledger: an event names a known schedule");
  auto& schedule = schedules_[index->second];
  auto& summary = schedule.summary;
  summary.last_nominal = std::max(summary.last_nominal, fired.nominal);
  if (fired.task.value == 0) {
    ++summary.skipped;
  } else {
    ++summary.fired;
    summary.last_task = fired.task;
  }
  arm(schedule, index->second);
}

void schedule_book::set_paused(const schedule_paused& paused) {
  const auto index = indexes_.find(paused.name);
  expects(index != indexes_.end(), "ledger: an event names a known schedule");
  auto& schedule = schedules_[index->second];
  auto& summary = schedule.summary;
  if (summary.is_paused && !paused.is_paused)
    summary.last_nominal = std::max(summary.last_nominal, paused.at);
  summary.is_paused = paused.is_paused;
  arm(schedule, index->second);
}

void schedule_book::restore(schedule_restored& restored) {
  schedule_put recorded{std::move(restored.spec), restored.last_nominal};
  const auto name = recorded.spec.name;
  put(recorded);
  const auto index = indexes_.at(name);
  auto& schedule = schedules_.at(index);
  auto& summary = schedule.summary;
  summary.last_nominal = restored.last_nominal;
  summary.last_task = restored.last_task;
  summary.fired = restored.fired;
  summary.skipped = restored.skipped;
  if (summary.is_paused == restored.is_paused)
    return;
  summary.is_paused = restored.is_paused;
  arm(schedule, index);
}

std::vector<schedule_restored> schedule_book::ahead_of(instant now) const {
  std::vector<schedule_restored> ahead;
  for (const auto& [index, schedule] : schedules_)
    if (const auto& known = schedule.summary; known.last_nominal > now + schedule_ahead_max)
      ahead.push_back(
          {known.spec, now, known.last_task, known.fired, known.skipped, known.is_paused});
  return ahead;
}

std::vector<const schedule_entry*> schedule_book::at_boot() const {
  std::vector<const schedule_entry*> found;
  for (const auto& [index, schedule] : schedules_)
    if (schedule.rule && schedule.rule->is_at_boot())
      found.push_back(&schedule);
  return found;
}

const schedule_entry& schedule_book::take_alarm(std::uint32_t index) {
  auto& schedule = schedules_.at(index);
  schedule.wakes_at = instant_max;
  return schedule;
}

void schedule_book::wake_after(const task_record& settled) {
  const auto index = indexes_.find(settled.extra()->schedule);
  if (index == indexes_.end())
    return;
  auto& schedule = schedules_[index->second];
  if (schedule.rule && !schedule.summary.is_paused && schedule.summary.last_task == settled.id &&
      schedule.wakes_at == instant_max)
    set_timer(schedule, index->second, settled.changed_at());
}

bool schedule_book::is_timer_pending(std::uint32_t index, instant due) const {
  const auto found = schedules_.find(index);
  return found != schedules_.end() && found->second.wakes_at == due;
}

std::vector<schedule_summary> schedule_book::summaries() const {
  std::vector<schedule_summary> summaries;
  for (const auto& [index, schedule] : schedules_)
    summaries.push_back(schedule.summary);
  return summaries;
}

/// What was recorded is never refused: another machine or version may have recorded it.
void schedule_book::evaluate(schedule_entry& schedule) {
  auto& parked_reason = schedule.summary.parked_reason;
  schedule.rule.reset();
  parked_reason.reset();
  if (auto rule = rule_of(schedule.summary.spec); rule)
    schedule.rule = std::move(rule.value());
  else
    parked_reason = std::move(rule.error().what);
}

void schedule_book::arm(schedule_entry& schedule, std::uint32_t index) {
  timers_.cancel(std::exchange(schedule.wakes_at, instant_max));
  std::optional<instant> next;
  if (schedule.rule && !schedule.summary.is_paused)
    next = schedule.rule->next_after(schedule.summary.last_nominal);
  schedule.summary.next = next.value_or(instant_max);
  if (next)
    set_timer(schedule, index, *next);
}

void schedule_book::set_timer(schedule_entry& schedule, std::uint32_t index, instant at) {
  schedule.wakes_at = at;
  timers_.add(timer_kind::schedule, index, at);
}

} // namespace belfry
