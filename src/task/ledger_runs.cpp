// What workers ask of a shard, and what becomes of runs.
#include "task/ledger.hpp"

#include "belfry/coverage_probe.hpp"
#include "task/lifecycle.hpp"
#include "task/timer_keys.hpp"
#include "time/retry.hpp"

#include <algorithm>

namespace belfry {

namespace {

coverage_probe stale_outcome_was_refused{
    "the outcome of an attempt that is not the live one is refused"};
coverage_probe late_task_was_dropped{"a task is too late to start when a worker would take it"};
coverage_probe run_returned_unstarted{"a worker gives a run back before it began"};
coverage_probe cancelled_run_failed{"a run that was to be cancelled fails or is lost"};
coverage_probe task_was_quarantined{"a task is dead for its crashes"};
coverage_probe grant_was_lost{"a run was lost on its way to a worker that attached anew"};
coverage_probe old_run_was_revoked{"a worker attaches with a run that is not live any more"};
coverage_probe grant_was_withdrawn{"a worker is gone before its grant leaves"};
coverage_probe leases_were_extended{"leases are made longer because the shard itself stood still"};
coverage_probe lease_ended_with_runs{"a lease ends with runs under it"};

constexpr std::uint64_t grants_per_epoch = 1ULL << 40;
constexpr duration unknown_kind_pause{5'000};
constexpr duration stall_min{500}; // An alarm that is later says that the shard stood still.

void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() > bytes_max)
    text.resize(bytes_max);
}

} // namespace

std::size_t ledger::grant(session_id session, const std::string& queue, const std::string& kind,
                          std::size_t count, instant now) {
  const auto queue_index = indexes_.find(queue);
  const auto kind_index = indexes_.find(kind);
  if (queue_index == indexes_.end() || kind_index == indexes_.end())
    return 0;
  auto& state = queue_at(queue_index->second);
  auto lane = state.lanes.find(kind_index->second);
  if (state.settings.is_paused || lane == state.lanes.end())
    return 0;
  std::size_t granted = 0;
  while (granted < count) {
    const auto* entry = lane->second.tasks.front([this](const auto& one) { return is_valid(one); });
    if (!entry)
      break;
    const auto id = entry->id;
    const auto& record = *tasks_.find(id.serial());
    const auto level = rules_of(record).level;
    if (now > record.start_by()) {
      late_task_was_dropped.hit();
      commit(task_expired{id, now}, level);
      continue;
    }
    expects(next_grant_ < grants_per_epoch, "ledger: an epoch has tokens left");
    const fencing_token token{options_.epoch * grants_per_epoch + next_grant_++};
    commit(task_started{id, now, token, session}, level);
    effects_.grants.push_back({session, id, token});
    ++granted;
  }
  return granted;
}

bool ledger::finish_run(const session_id& session, run_outcome outcome, instant now) {
  using verdict = run_outcome::verdict;
  renew_lease(session, now);
  auto* record = find_local(outcome.task);
  if (!record || record->state != task_state::running || record->details().token != outcome.token) {
    stale_outcome_was_refused.hit();
    return false;
  }
  const auto id = record->id;
  const auto level = rules_of(*record).level;
  const auto output_max = options_.runs.output_bytes_max;
  if (outcome.end == verdict::succeeded) {
    cut(outcome.output, output_max);
    commit(task_succeeded{id, now, std::move(outcome.output)}, level);
  } else if (outcome.end == verdict::cancelled || record->details().is_cancel_requested) {
    commit(task_cancelled{id, now}, level);
  } else if (outcome.end == verdict::snoozed) {
    const auto nap = std::clamp(outcome.snooze, duration{0}, options_.submits.horizon);
    commit(task_snoozed{id, now, nap > duration{0} ? now + nap : record->due}, level);
  } else if (outcome.end == verdict::unknown_kind) {
    commit(task_snoozed{id, now, now + unknown_kind_pause, true}, level);
  } else if (outcome.end == verdict::not_started) {
    run_returned_unstarted.hit();
    commit(task_snoozed{id, now, record->due, true}, level);
  } else {
    auto text = outcome.message.empty() ? outcome.error : outcome.error + ": " + outcome.message;
    cut(text, output_max);
    fail_run(*record, text, outcome.error, false, outcome.is_final, now);
  }
  return true;
}

void ledger::fail_run(task_record& record, const std::string& text, const std::string& error,
                      bool is_crash, bool is_final, instant now) {
  const auto& rules = rules_of(record);
  const auto& details = record.details();
  if (details.is_cancel_requested) {
    cancelled_run_failed.hit();
    return commit(task_cancelled{record.id, now}, rules.level);
  }
  const auto verdict =
      is_crash ? after_crash(rules.retry, details.attempt, details.crashes + 1U, random_.next())
               : after_failure(rules.retry, details.attempt, error, !is_final, random_.next());
  task_failed failed{record.id, now, text, is_crash, {}};
  if (verdict.retry)
    failed.retry_at = now + verdict.delay;
  else if (is_crash)
    task_was_quarantined.hit();
  commit(std::move(failed), rules.level);
}

void ledger::update_progress(task_id id, fencing_token token, std::string text) {
  auto* record = find_local(id);
  if (!record || record->state != task_state::running || record->details().token != token)
    return;
  cut(text, options_.runs.output_bytes_max);
  record->make_extra().progress = std::move(text);
}

// --- sessions ---

std::uint32_t ledger::session_index(session_id id) {
  auto [found, is_new] = session_indexes_.try_emplace(id, 0);
  if (!is_new)
    return found->second;
  if (free_sessions_.empty()) {
    free_sessions_.push_back(static_cast<std::uint32_t>(sessions_.size()));
    sessions_.emplace_back();
  }
  found->second = free_sessions_.back();
  free_sessions_.pop_back();
  sessions_[found->second] = {};
  sessions_[found->second].id = id;
  return found->second;
}

void ledger::renew_lease(session_id id, instant now) {
  const auto index = session_index(id);
  auto& session = sessions_[index];
  session.lease_expires_at = std::max(session.lease_expires_at, now + options_.runs.lease);
  if (session.wakes_at == instant_max)
    set_timer(session, index);
}

duration ledger::compensate_stall(instant scheduled_at, instant now) {
  const auto late = now - std::max(scheduled_at, advanced_at_);
  if (late < stall_min)
    return duration{0};
  leases_were_extended.hit();
  for (auto& session : sessions_)
    session.lease_expires_at += late;
  for (auto& [at, client] : clients_by_age_)
    at += late;
  for (auto& [client, known] : clients_)
    known.at += late;
  return late;
}

void ledger::attach(session_id id, const std::vector<granted_run>& held, instant now) {
  renew_lease(id, now);
  const auto runs = sessions_[session_index(id)].runs;
  for (const auto task : runs) {
    const auto& record = *tasks_.find(task.serial());
    const auto is_held = std::any_of(held.begin(), held.end(), [&](const granted_run& run) {
      return run.task == task && run.token == record.details().token;
    });
    if (!is_held) {
      grant_was_lost.hit();
      release_run(record, now);
    } else if (record.details().is_cancel_requested) {
      effects_.revokes.push_back({id, task, record.details().token});
    } else if (queue_at(rules_of(record).queue).settings.is_paused) {
      effects_.recalls.push_back({id, task, record.details().token});
    }
  }
  revoke_stale(id, held);
}

/// It has not begun, so that costs nothing.
void ledger::release_run(const task_record& record, instant now) {
  const auto level = rules_of(record).level;
  if (record.details().is_cancel_requested)
    commit(task_cancelled{record.id, now}, level);
  else
    commit(task_snoozed{record.id, now, record.due, true}, level);
}

void ledger::mark_sent(const granted_run& last) {
  const auto found = session_indexes_.find(last.session);
  expects(found != session_indexes_.end(), "ledger::mark_sent: the run is live");
  auto& latest = sessions_[found->second].last_sent;
  latest = std::max(latest, last.token);
}

void ledger::withdraw_grant(const granted_run& run, instant now) {
  if (!is_live(run.task, run.token))
    return;
  grant_was_withdrawn.hit();
  release_run(*tasks_.find(run.task.serial()), now);
}

/// Nobody knows what became of the grants of an earlier epoch.
bool ledger::was_sent(const session_state& session, fencing_token token) const {
  return token <= session.last_sent || token.value < options_.epoch * grants_per_epoch;
}

void ledger::revoke_stale(session_id id, const std::vector<granted_run>& held) {
  for (const auto& run : held) {
    if (is_live(run.task, run.token))
      continue;
    old_run_was_revoked.hit();
    effects_.revokes.push_back({id, run.task, run.token});
  }
}

void ledger::set_timer(session_state& session, std::uint32_t index) {
  session.wakes_at = session.lease_expires_at;
  wheel_.add(timer_key_of(timer_kind::session, index), session.lease_expires_at);
}

void ledger::wake_session(std::uint32_t index, instant now) {
  auto& session = sessions_[index];
  session.wakes_at = instant_max;
  if (session.lease_expires_at > now)
    set_timer(session, index);
  else
    expire_session(index, now);
}

void ledger::expire_session(std::uint32_t index, instant now) {
  const auto runs = sessions_[index].runs;
  if (!runs.empty())
    lease_ended_with_runs.hit();
  for (const auto task : runs) {
    auto& record = *tasks_.find(task.serial());
    if (was_sent(sessions_[index], record.details().token))
      fail_run(record, "worker_lost: its lease ended without a word", "worker_lost", true, false,
               now);
    else
      withdraw_grant({sessions_[index].id, task, record.details().token}, now);
  }
  effects_.lost.push_back(sessions_[index].id);
  session_indexes_.erase(sessions_[index].id);
  sessions_[index] = {};
  free_sessions_.push_back(index);
}

} // namespace belfry
