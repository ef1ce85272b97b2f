// Submits: accepts tasks, each batch and each idempotency key once.
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
    const auto spec_level = level_of(spec.queue);
    level = std::min(level, spec_level);
    batch.outcomes.push_back(accept_or_refuse(std::move(spec), spec_level, now));
  }
  auto outcomes = batch.outcomes;
  commit(std::move(batch), level);
  return outcomes;
}

durability ledger::level_of(const std::string& queue) const {
  const auto* known = state_.queues.find(queue);
  return known ? known->settings.level : durability::durable;
}

submit_outcome ledger::accept_or_refuse(task_spec&& spec, durability level, instant now) {
  if (auto checked = check(spec, state_.options.submits, now); !checked)
    return {.refusal = checked.error()};
  if (!spec.key.empty())
    if (const auto* key = state_.duplicates.find_key(spec.queue, spec.key);
        key && key->until > now) {
      key_was_known.hit();
      return {.id = key->id, .is_duplicate = true};
    }
  return {.id = accept(std::move(spec), {}, level, now)};
}

task_id ledger::accept(task_spec&& spec, const std::string& schedule, durability level,
                       instant now) {
  if (level != durability::durable)
    reserve_serials();
  const auto id = task_id::of(state_.options.shard, state_.next_serial);
  const auto due = spec.due.value_or(ends_at(now, spec.delay));
  commit(task_submitted{id, now, due, std::move(spec), schedule, level}, level);
  return id;
}

} // namespace belfry
