// What time asks of a shard. A timer is known by its instant alone: it is awaited while its owner
// says that it wakes then, so a waiting task costs the wheel's entry and nothing in its record.
#include "task/ledger.hpp"

#include "belfry/coverage_probe.hpp"
#include "task/timer_keys.hpp"

namespace belfry {

namespace {

coverage_probe promotion_was_bounded{"more is due than one step may take"};
coverage_probe timer_was_stale{"a timer is overruled by one that expired with it"};
coverage_probe shard_timed_out_a_run{"a shard ends a run whose worker let its time limit pass"};

} // namespace

std::size_t ledger::advance(instant now, std::size_t limit) {
  advanced_at_ = now;
  expire_deduplication(now);
  expired_.clear();
  const auto count = wheel_.advance_to(now, limit, expired_);
  if (count >= limit)
    promotion_was_bounded.hit();
  // What one timer does may overrule another that has expired with it.
  for (const auto& [key, due] : expired_) {
    if (is_timer_pending(key, due))
      wake(key, now);
    else
      timer_was_stale.hit();
  }
  return count;
}

std::optional<instant> ledger::next_wakeup() const {
  return wheel_.next_wakeup();
}

instant ledger::wakes_at(const task_record& record) const {
  switch (record.state) {
  case task_state::scheduled:
    return record.due;
  case task_state::ready:
    if (const auto latest = record.start_by(); latest != instant_max)
      return latest + duration{1};
    return instant_max;
  case task_state::running:
    if (const auto limit = rules_of(record).timeout; limit > duration{0})
      return record.changed_at() + limit + options_.runs.timeout_grace;
    return instant_max;
  case task_state::dead:
    return record.changed_at() + options_.dead_retention;
  default:
    return record.changed_at() + rules_of(record).retention;
  }
}

bool ledger::is_timer_pending(timer_key key, instant due) const {
  const auto number = number_of(key);
  switch (kind_of(key)) {
  case timer_kind::task: {
    const auto* record = tasks_.find(number);
    return record && wakes_at(*record) == due;
  }
  case timer_kind::session:
    return sessions_[number].wakes_at == due;
  case timer_kind::schedule: {
    const auto found = schedules_.find(static_cast<std::uint32_t>(number));
    return found != schedules_.end() && found->second.wakes_at == due;
  }
  }
  return false;
}

/// One that has expired is in the wheel no more.
void ledger::cancel_timer(instant at) {
  if (at != instant_max && at > advanced_at_)
    wheel_.cancel();
}

void ledger::wake(timer_key key, instant now) {
  const auto number = number_of(key);
  switch (kind_of(key)) {
  case timer_kind::task:
    return wake_task(*tasks_.find(number), now);
  case timer_kind::session:
    return wake_session(static_cast<std::uint32_t>(number), now);
  case timer_kind::schedule:
    return fire(schedules_.at(static_cast<std::uint32_t>(number)), now);
  }
}

void ledger::wake_task(task_record& record, instant now) {
  if (is_settled(record.state))
    return remove_task(record);
  // A live worker ends such a run itself: this one is dead or stuck, and the run may be why.
  if (record.state == task_state::running) {
    shard_timed_out_a_run.hit();
    return fail_run(record, "timed_out: no word from the worker beyond the time limit", "timed_out",
                    true, false, now);
  }
  if (now > record.start_by())
    return commit(task_expired{record.id, now}, rules_of(record).level);
  if (record.state == task_state::scheduled)
    take(record, step::comes_due, now);
}

void ledger::expire_deduplication(instant now) {
  while (!clients_by_age_.empty() &&
         clients_by_age_.front().first + options_.deduplication_window < now) {
    const auto [at, client] = clients_by_age_.front();
    clients_by_age_.pop_front();
    if (auto found = clients_.find(client); found != clients_.end() && found->second.at == at)
      clients_.erase(found);
  }
  while (!key_expirations_.empty() && key_expirations_.begin()->first <= now) {
    const auto& [until, key] = *key_expirations_.begin();
    if (auto found = keys_.find(key); found != keys_.end() && found->second.until == until)
      keys_.erase(found);
    key_expirations_.erase(key_expirations_.begin());
  }
}

} // namespace belfry
