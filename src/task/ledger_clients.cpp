// Commands of clients about tasks and queues that exist.
#include "task/ledger.hpp"

#include "task/validate.hpp"
#include "time/time_text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace belfry {

namespace {

std::string deadline_name(const task_record& record) {
  return std::string{record.is_start_by_pending() ? "start" : "complete"} + "-by deadline";
}

failure not_changeable(task_id id, task_state state) {
  auto text = "task " + to_string(id) + " is " + std::string{to_string(state)} +
              ", only a task that waits (scheduled or ready) can be changed";
  if (state == task_state::dead)
    text += "; a dead task can be requeued";
  return {errc::wrong_state, std::move(text)};
}

} // namespace

result<done> ledger::cancel(task_id id, instant now) {
  auto* record = state_.find(id);
  if (!record)
    return views().missing(id);
  if (is_settled(record->state)) {
    if (record->state == task_state::cancelled)
      return done{};
    return failure{errc::wrong_state, "task " + to_string(id) + " is already " +
                                          std::string{to_string(record->state)}};
  }
  const auto level = state_.rules_of(*record).level;
  if (!is_granted(record->state))
    commit(task_cancelled{id, now}, level);
  else if (!record->details().is_cancel_requested)
    commit(cancel_requested{id, now}, level);
  return done{};
}

result<done> ledger::requeue(task_id id, instant now) {
  auto* record = state_.find(id);
  if (!record)
    return views().missing(id);
  const auto was_requeued = record->details().was_requeued;
  if (was_requeued && !is_settled(record->state))
    return done{};
  if (record->state != task_state::dead)
    return failure{errc::wrong_state, "task " + to_string(id) + " is " +
                                          std::string{to_string(record->state)} +
                                          (was_requeued ? " since it was requeued" : "") +
                                          ", only a dead task can be requeued"};
  if (const auto limit = record->start_limit(); now > limit)
    return failure{errc::wrong_state, "task " + to_string(id) + " may not start any more: its " +
                                          deadline_name(*record) + " was " + format_utc(limit)};
  commit(task_requeued{id, now}, state_.rules_of(*record).level);
  return done{};
}

result<done> ledger::change(task_id id, const task_change& change, std::uint64_t command,
                            instant now) {
  if (state_.commands.contains(command))
    return done{};
  const auto* record = state_.find(id);
  if (!record)
    return views().missing(id);
  if (is_granted(record->state) || is_settled(record->state))
    return not_changeable(id, record->state);
  if (auto checked = check(change, state_.options.submits, now); !checked)
    return checked;
  const auto level = state_.rules_of(*record).level;
  if (change.queue && level_of(*change.queue) < level)
    return failure{errc::invalid_argument, "queue '" + *change.queue + "' is " +
                                               std::string{to_string(level_of(*change.queue))} +
                                               ", and the task was accepted as " +
                                               std::string{to_string(level)} + ": submit it again"};
  auto decided = change;
  decided.due = due_of(*record, change, now);
  decided.delay.reset();
  if (const auto limit = record->start_limit(); decided.due && std::max(*decided.due, now) > limit)
    return failure{errc::invalid_argument, "due is " + format_utc(*decided.due) + ", and the " +
                                               deadline_name(*record) + " is " + format_utc(limit) +
                                               ", so the task could never start"};
  commit(task_changed{id, now, command, std::move(decided)}, level);
  return done{};
}

result<done> ledger::remove(task_id id, std::uint64_t command, instant now) {
  if (state_.commands.contains(command))
    return done{};
  const auto* record = state_.find(id);
  if (!record)
    return views().missing(id);
  if (is_granted(record->state))
    return failure{errc::wrong_state, "task " + to_string(id) + " is " +
                                          std::string{to_string(record->state)} +
                                          ", cancel it before it is deleted"};
  const auto level = state_.rules_of(*record).level;
  if (!is_settled(record->state))
    commit(task_cancelled{id, now}, level); // The outcome for clients that wait for it.
  commit(task_changed{id, now, command, {}, true}, level);
  return done{};
}

/// What is due already keeps its place if it is to be due at once.
std::optional<instant> ledger::due_of(const task_record& record, const task_change& change,
                                      instant now) const {
  if (!change.delay)
    return change.due;
  const auto due = ends_at(now, *change.delay);
  return *change.delay == duration{0} ? std::min(due, record.due) : due;
}

result<done> ledger::set_queue(queue_settings settings, instant now) {
  // Only what the command changes is checked: what is recorded stays valid.
  const auto* known = state_.queues.find(settings.queue);
  if (!known)
    if (auto named = check_name("queue", settings.queue, state_.options.submits.name_bytes_max);
        !named)
      return named;
  const bool is_same_weight = known && known->settings.weight == settings.weight;
  if (!is_same_weight && (settings.weight < 1 || settings.weight > 1000))
    return failure{errc::invalid_argument,
                   "weight is " + std::to_string(settings.weight) + ", expected 1 to 1000"};
  const bool is_paused_already = known && known->settings.is_paused;
  settings.paused_at = !settings.is_paused ? instant{}
                       : is_paused_already ? known->settings.paused_at
                                           : now;
  commit(std::move(settings), durability::durable);
  return done{};
}

} // namespace belfry
