// What workers ask of a shard, and what becomes of runs.
#include "task/ledger.hpp"

#include "belfry/situation.hpp"
#include "task/lifecycle.hpp"
#include "task/timer_keys.hpp"
#include "time/retry.hpp"

#include <algorithm>

namespace belfry {

namespace {

situation stale_outcome_was_refused{
    "the outcome of an attempt that is not the live one is refused"};
situation late_task_was_dropped{"a task is too late to start when a worker would take it"};
situation run_came_back_unbegun{"a worker gives a run back before it began"};
situation cancelled_run_failed{"a run that was to be cancelled fails or is lost"};
situation task_was_quarantined{"a task is dead for its crashes"};
situation run_never_arrived{"a run was lost on its way to a worker that attached anew"};
situation old_run_was_revoked{"a worker attaches with a run that is not live any more"};
situation grant_never_left{"a worker is gone before its grant leaves"};
situation leases_were_spared{"leases are made longer because the shard itself stood still"};
situation lease_ended_with_runs{"a lease ends with runs under it"};

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
  auto& state = queue_named(queue_index->second);
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
      late_task_was_dropped.reached();
      commit(task_expired{id, now}, level);
      continue;
    }
    expects(next_grant_ < grants_per_epoch, "ledger: an epoch has tokens left");
    const fencing_token token{options_.epoch * grants_per_epoch + next_grant_++};
    commit(task_started{id, now, token, session}, level);
    consequences_.grants.push_back({session, id, token});
    ++granted;
  }
  return granted;
}

bool ledger::settle(const session_id& session, run_outcome outcome, instant now) {
  using verdict = run_outcome::verdict;
  hear(session, now);
  auto* record = find_own(outcome.task);
  if (!record || record->state != task_state::running || record->details().token != outcome.token) {
    stale_outcome_was_refused.reached();
    return false;
  }
  const auto id = record->id;
  const auto level = rules_of(*record).level;
  const auto output_max = options_.runs.output_bytes_max;
  if (outcome.end == verdict::succeeded) {
    cut(outcome.output, output_max);
    commit(task_succeeded{id, now, std::move(outcome.output)}, level);
  } else if (outcome.end == verdict::cancelled || record->details().is_cancel_asked) {
    commit(task_cancelled{id, now}, level);
  } else if (outcome.end == verdict::snoozed) {
    const auto nap = std::clamp(outcome.snooze, duration{0}, options_.submits.horizon);
    commit(task_snoozed{id, now, nap > duration{0} ? now + nap : record->due}, level);
  } else if (outcome.end == verdict::unknown_kind) {
    commit(task_snoozed{id, now, now + unknown_kind_pause, true}, level);
  } else if (outcome.end == verdict::not_started) {
    run_came_back_unbegun.reached();
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
  if (details.is_cancel_asked) {
    cancelled_run_failed.reached();
    return commit(task_cancelled{record.id, now}, rules.level);
  }
  const auto verdict =
      is_crash ? after_crash(rules.retry, details.attempt, details.crashes + 1U, random_.next())
               : after_failure(rules.retry, details.attempt, error, !is_final, random_.next());
  task_failed failed{record.id, now, text, is_crash, {}};
  if (verdict.retry)
    failed.retry_at = now + verdict.delay;
  else if (is_crash)
    task_was_quarantined.reached();
  commit(std::move(failed), rules.level);
}

void ledger::note_progress(task_id id, fencing_token token, std::string text) {
  auto* record = find_own(id);
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

void ledger::hear(session_id id, instant now) {
  const auto index = session_index(id);
  auto& session = sessions_[index];
  session.lease_until = std::max(session.lease_until, now + options_.runs.lease);
  if (session.wakes_at == instant_max)
    set_timer(session, index);
}

duration ledger::alarm_rang(instant set_for, instant now) {
  const auto late = now - std::max(set_for, advanced_at_);
  if (late < stall_min)
    return duration{0};
  leases_were_spared.reached();
  for (auto& session : sessions_)
    session.lease_until += late;
  for (auto& [at, client] : client_ages_)
    at += late;
  for (auto& [client, known] : clients_)
    known.at += late;
  return late;
}

void ledger::attach(session_id id, const std::vector<granted_run>& held, instant now) {
  hear(id, now);
  const auto runs = sessions_[session_index(id)].runs;
  for (const auto task : runs) {
    const auto& record = *tasks_.find(task.serial());
    const auto is_held = std::any_of(held.begin(), held.end(), [&](const granted_run& run) {
      return run.task == task && run.token == record.details().token;
    });
    if (!is_held) {
      run_never_arrived.reached();
      give_back(record, now);
    } else if (record.details().is_cancel_asked) {
      consequences_.revokes.push_back({id, task, record.details().token});
    } else if (queue_named(rules_of(record).queue).settings.is_paused) {
      consequences_.recalls.push_back({id, task, record.details().token});
    }
  }
  revoke_lost(id, held);
}

/// It has not begun, so that costs nothing.
void ledger::give_back(const task_record& record, instant now) {
  const auto level = rules_of(record).level;
  if (record.details().is_cancel_asked)
    commit(task_cancelled{record.id, now}, level);
  else
    commit(task_snoozed{record.id, now, record.due, true}, level);
}

void ledger::let_go(const granted_run& last) {
  const auto found = session_indexes_.find(last.session);
  expects(found != session_indexes_.end(), "ledger::let_go: the run is live");
  auto& latest = sessions_[found->second].let_go;
  latest = std::max(latest, last.token);
}

void ledger::take_back(const granted_run& run, instant now) {
  if (!is_live(run.task, run.token))
    return;
  grant_never_left.reached();
  give_back(*tasks_.find(run.task.serial()), now);
}

/// Nobody knows what became of the grants of an earlier epoch.
bool ledger::has_left(const session_state& session, fencing_token token) const {
  return token <= session.let_go || token.value < options_.epoch * grants_per_epoch;
}

void ledger::revoke_lost(session_id id, const std::vector<granted_run>& held) {
  for (const auto& run : held) {
    if (is_live(run.task, run.token))
      continue;
    old_run_was_revoked.reached();
    consequences_.revokes.push_back({id, run.task, run.token});
  }
}

void ledger::set_timer(session_state& session, std::uint32_t index) {
  session.wakes_at = session.lease_until;
  wheel_.add(timer_key_of(timer_kind::session, index), session.lease_until);
}

void ledger::wake_session(std::uint32_t index, instant now) {
  auto& session = sessions_[index];
  session.wakes_at = instant_max;
  if (session.lease_until > now)
    set_timer(session, index);
  else
    lose_session(index, now);
}

void ledger::lose_session(std::uint32_t index, instant now) {
  const auto runs = sessions_[index].runs;
  if (!runs.empty())
    lease_ended_with_runs.reached();
  for (const auto task : runs) {
    auto& record = *tasks_.find(task.serial());
    if (has_left(sessions_[index], record.details().token))
      fail_run(record, "worker_lost: its lease ended without a word", "worker_lost", true, false,
               now);
    else
      take_back({sessions_[index].id, task, record.details().token}, now);
  }
  consequences_.lost.push_back(sessions_[index].id);
  session_indexes_.erase(sessions_[index].id);
  sessions_[index] = {};
  free_sessions_.push_back(index);
}

} // namespace belfry
