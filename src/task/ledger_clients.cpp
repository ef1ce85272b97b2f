// Commands of clients.
#include "task/ledger.hpp"

#include "belfry/coverage_probe.hpp"
#include "task/validate.hpp"

#include <algorithm>

namespace belfry {

namespace {

coverage_probe key_was_known{"a key names a task that is known"};

} // namespace

std::optional<std::vector<submit_outcome>> ledger::submit(client_id client, std::uint64_t sequence,
                                                          std::vector<task_spec> specs,
                                                          instant now) {
  if (const auto* latest = state_.duplicates.latest_batch(client)) {
    if (sequence == latest->sequence)
      return latest->outcomes;
    if (sequence < latest->sequence)
      return std::nullopt;
  }
  batch_accepted batch{client, sequence, now, {}};
  batch.outcomes.reserve(specs.size());
  auto level = durability::in_memory;
  for (auto& spec : specs) {
    const auto* queue = state_.queues.find(spec.queue);
    level = std::min(level, queue ? queue->settings.level : durability::durable);
    batch.outcomes.push_back(accept(std::move(spec), {}, now));
  }
  auto outcomes = batch.outcomes;
  commit(std::move(batch), level);
  return outcomes;
}

submit_outcome ledger::accept(task_spec spec, const std::string& schedule, instant now) {
  if (auto checked = check(spec, state_.options.submits, now); !checked)
    return {.refusal = checked.error()};
  if (!spec.key.empty())
    if (const auto* key = state_.duplicates.find_key(spec.queue, spec.key);
        key && key->until > now) {
      key_was_known.hit();
      return {.id = key->id, .is_duplicate = true};
    }
  const auto level = state_.queues.at(state_.queues.index_of(spec.queue)).settings.level;
  if (level != durability::durable)
    reserve_serials();
  const auto id = task_id::of(state_.options.shard, state_.next_serial);
  const auto due = spec.due.value_or(now + spec.delay);
  commit(task_submitted{id, now, due, std::move(spec), schedule, level}, level);
  return {.id = id};
}

result<done> ledger::cancel(task_id id, instant now) {
  auto* record = state_.find(id);
  if (!record)
    return failure{errc::not_found, "no task " + to_string(id)};
  if (is_settled(record->state)) {
    if (record->state == task_state::cancelled)
      return done{};
    return failure{errc::wrong_state, "task " + to_string(id) + " is already " +
                                          std::string{to_string(record->state)}};
  }
  const auto level = state_.rules_of(*record).level;
  if (record->state != task_state::running)
    commit(task_cancelled{id, now}, level);
  else if (!record->details().is_cancel_requested)
    commit(cancel_requested{id, now}, level);
  return done{};
}

result<done> ledger::requeue(task_id id, instant now) {
  auto* record = state_.find(id);
  if (!record)
    return failure{errc::not_found, "no task " + to_string(id)};
  const auto was_requeued = record->details().was_requeued;
  if (was_requeued && !is_settled(record->state))
    return done{};
  if (record->state != task_state::dead)
    return failure{errc::wrong_state, "task " + to_string(id) + " is " +
                                          std::string{to_string(record->state)} +
                                          (was_requeued ? " since it was requeued" : "") +
                                          ", only a dead task can be requeued"};
  commit(task_requeued{id, now}, state_.rules_of(*record).level);
  return done{};
}

result<done> ledger::set_queue(const queue_settings& settings, instant) {
  if (auto named = check_name("queue", settings.queue, state_.options.submits.name_bytes_max);
      !named)
    return named;
  if (settings.weight < 1 || settings.weight > 1000)
    return failure{errc::invalid_argument,
                   "weight is " + std::to_string(settings.weight) + ", expected 1 to 1000"};
  commit(settings, durability::durable);
  return done{};
}

} // namespace belfry
