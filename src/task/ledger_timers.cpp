// What a shard does when timers are due.
#include "task/ledger.hpp"

#include "belfry/coverage_probe.hpp"

namespace belfry {

namespace {

coverage_probe promotion_was_bounded{"more is due than one step may handle"};
coverage_probe timer_was_stale{"a timer is overruled by one that expired with it"};
coverage_probe shard_timed_out_a_run{"a shard ends a run whose worker let its time limit pass"};

} // namespace

std::size_t ledger::advance(instant now, std::size_t limit) {
  state_.duplicates.expire(now);
  state_.watched.expire(now);
  expired_.clear();
  const auto count = state_.timers.advance_to(now, limit, expired_);
  if (count >= limit)
    promotion_was_bounded.hit();
  // What one timer does may overrule another that has expired with it.
  for (const auto& [key, due] : expired_) {
    if (state_.is_timer_pending(key, due))
      wake(key, now);
    else
      timer_was_stale.hit();
  }
  return count;
}

void ledger::wake(timer_key key, instant now) {
  const auto number = number_of(key);
  const auto index = static_cast<std::uint32_t>(number);
  switch (kind_of(key)) {
  case timer_kind::task:
    return wake_task(*state_.tasks.find(number), now);
  case timer_kind::session:
    if (state_.sessions.is_expired(index, now))
      expire_session(index, now);
    return;
  case timer_kind::schedule:
    return fire(state_.schedules.take_alarm(index), now);
  }
}

void ledger::wake_task(task_record& record, instant now) {
  if (is_settled(record.state))
    return applier_.remove_task(record);
  // A live worker ends such a run itself: this one is dead or hangs, perhaps because of the run.
  if (record.state == task_state::running) {
    shard_timed_out_a_run.hit();
    return fail_run(record,
                    crash(record, "timed_out", "the worker sent no outcome within the time limit"),
                    now);
  }
  if (now > record.start_limit())
    return commit(task_expired{record.id, now}, state_.rules_of(record).level);
  if (record.state == task_state::scheduled)
    applier_.transition(record, step::comes_due, now);
}

} // namespace belfry
