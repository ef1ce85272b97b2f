// Commands of clients about tasks and queues that exist.
#include "task/ledger.hpp"

#include "task/validate.hpp"
#include "time/time_text.hpp"

namespace belfry {

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
                                          (record->is_start_by_pending() ? "start" : "complete") +
                                          "-by deadline was " + format_utc(limit)};
  commit(task_requeued{id, now}, state_.rules_of(*record).level);
  return done{};
}

result<done> ledger::set_queue(const queue_settings& settings, instant) {
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
  commit(settings, durability::durable);
  return done{};
}

} // namespace belfry
