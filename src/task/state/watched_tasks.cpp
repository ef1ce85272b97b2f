#include "task/state/watched_tasks.hpp"

#include <memory>
#include <utility>

namespace belfry {

namespace {

std::size_t bytes_of(const task_info& outcome) {
  auto bytes = sizeof(task_info) + outcome.output.size() + outcome.last_error.size() +
               outcome.progress.size() + outcome.payload.size();
  for (const auto& error : outcome.earlier_errors)
    bytes += sizeof(error) + error.size();
  return bytes;
}

} // namespace

void watched_tasks::keep(task_info outcome) {
  const auto found = entries_.find(outcome.id);
  if (found == entries_.end() || found->second.outcome)
    return;
  bytes_ += bytes_of(outcome);
  found->second.outcome = std::make_unique<const task_info>(std::move(outcome));
}

const task_info* watched_tasks::outcome(task_id task) const {
  const auto found = entries_.find(task);
  return found != entries_.end() ? found->second.outcome.get() : nullptr;
}

void watched_tasks::mark_answered(task_id task, instant now) {
  const auto found = entries_.find(task);
  if (found == entries_.end())
    return;
  found->second.answered_at = now;
  answered_.emplace_back(now, task);
  expire(now);
}

void watched_tasks::unwatch(task_id task) {
  const auto found = entries_.find(task);
  if (found == entries_.end())
    return;
  if (found->second.outcome)
    bytes_ -= bytes_of(*found->second.outcome);
  entries_.erase(found);
}

void watched_tasks::expire(instant now) {
  while (!answered_.empty() && (answered_.front().first + answer_kept <= now ||
                                (bytes_ > answered_bytes_max && answered_.size() > 1))) {
    const auto [at, task] = answered_.front();
    answered_.pop_front();
    if (const auto found = entries_.find(task);
        found != entries_.end() && found->second.answered_at == at)
      unwatch(task);
  }
}

} // namespace belfry
