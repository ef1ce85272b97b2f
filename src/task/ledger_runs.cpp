// Commands of workers, and the ends of runs.
#include "task/ledger.hpp"

#include "belfry/coverage_probe.hpp"
#include "belfry/options.hpp"
#include "task/ready_lane.hpp"
#include "text/utf8.hpp"
#include "time/retry.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe stale_outcome_was_refused{
    "the outcome of an attempt that is not the live one is refused"};
coverage_probe late_task_was_dropped{"a task is too late to start when a worker would take it"};
coverage_probe run_returned_unstarted{"a worker gives a run back before it began"};
coverage_probe cancelled_run_failed{"a run that was to be cancelled fails or is lost"};
coverage_probe task_was_quarantined{"a task is dead for its crashes"};
coverage_probe unbegun_run_was_lost{
    "a run with a start-by deadline is lost, and may not have begun"};
coverage_probe grant_was_lost{"a run was lost on its way to a worker that attached again"};
coverage_probe old_run_was_revoked{"a worker attaches with a run that is not live any more"};
coverage_probe grant_was_withdrawn{"a worker is gone before its grant is sent"};
coverage_probe leases_were_extended{"leases are extended because the shard itself stalled"};
coverage_probe lease_ended_with_runs{"a lease ends with runs under it"};
coverage_probe begin_was_told{"a worker says that the handler of a reserved task has begun"};
coverage_probe reserved_task_was_cancelled{"a task is cancelled that a worker had and not begun"};

constexpr duration unknown_kind_pause{5'000};
constexpr duration stall_min{500}; // An alarm that is later means that the shard stalled.

/// When the handler of a task began: after the task was granted, whatever its worker says.
instant began_at(const task_record& record, duration ago, instant now) {
  return std::min(std::max(now - ago, record.changed_at()), now);
}

} // namespace

std::size_t ledger::grant(session_id session, const std::string& queue, const std::string& kind,
                          std::size_t count, instant now) {
  auto* found = state_.queues.find(queue);
  const auto kind_index = state_.queues.find_index(kind);
  if (!found || !kind_index || found->settings.is_paused)
    return 0;
  const auto lane = found->lanes.find(*kind_index);
  if (lane == found->lanes.end())
    return 0;
  const bool is_reserved = state_.sessions.tells_begin(session);
  std::size_t granted = 0;
  while (granted < count) {
    const auto* entry = state_.queues.front(lane->second);
    if (!entry)
      break;
    const auto id = entry->id;
    const auto& record = *state_.tasks.find(id.serial());
    const auto level = state_.rules_of(record).level;
    if (now > record.start_limit()) {
      late_task_was_dropped.hit();
      commit(task_expired{id, now}, level);
      continue;
    }
    const auto token = state_.sessions.next_token();
    commit(task_started{id, now, token, session, is_reserved}, level);
    state_.pending_effects.grants.push_back({session, id, token});
    ++granted;
  }
  return granted;
}

/// That a handler began is not always recorded by itself: so it is with the end of the run.
std::optional<run_times> ledger::told_begin(const task_record& record) const {
  const auto& details = record.details();
  if (record.state != task_state::running || !state_.sessions.tells_begin(details.session))
    return std::nullopt;
  return run_times{details.began_at(), {}};
}

/// Nothing if the handler did not begin, or the worker does not say.
std::optional<run_times> ledger::times_of(const task_record& record, const run_outcome& outcome,
                                          instant now) const {
  auto times = told_begin(record);
  if (!outcome.began_ago)
    return times;
  if (!times)
    times = run_times{began_at(record, *outcome.began_ago, now), {}};
  times->ran = outcome.ran;
  return times;
}

bool ledger::finish_run(const session_id& session, run_outcome outcome, instant now) {
  using verdict = run_outcome::verdict;
  state_.sessions.renew(session, now);
  auto* record = state_.find(outcome.task);
  if (!record || !state_.is_live(*record, {session, outcome.task, outcome.token})) {
    stale_outcome_was_refused.hit();
    return false;
  }
  const auto id = record->id;
  const auto level = state_.rules_of(*record).level;
  // Workers cut what they send, but one of another version may have another limit.
  const auto output_max = state_.options.runs.output_bytes_max;
  const auto times = times_of(*record, outcome, now);
  if (outcome.saved_progress && outcome.saved_progress->size() > saved_progress_bytes_max)
    outcome.saved_progress.reset(); // Its worker is of another version: part of it is of no use.
  if (outcome.end == verdict::succeeded) {
    truncate_utf8(outcome.output, output_max);
    commit(task_succeeded{id, now, std::move(outcome.output), times}, level);
  } else if (outcome.end == verdict::cancelled || record->details().is_cancel_requested) {
    cancel_run(*record, times, now);
  } else if (outcome.end == verdict::snoozed) {
    const auto nap = std::clamp(outcome.snooze, duration{0}, state_.options.submits.horizon);
    commit(task_snoozed{id, now, nap > duration{0} ? ends_at(now, nap) : record->due, false,
                        std::move(outcome.saved_progress), times},
           level);
  } else if (outcome.end == verdict::unknown_kind) {
    commit(task_snoozed{id, now, ends_at(now, unknown_kind_pause), true, {}, times}, level);
  } else if (outcome.end == verdict::not_started) {
    run_returned_unstarted.hit();
    commit(task_snoozed{id, now, record->due, true, {}, times}, level);
  } else {
    auto text = outcome.message.empty() ? outcome.error : outcome.error + ": " + outcome.message;
    truncate_utf8(text, output_max);
    fail_run(*record,
             {.error = std::move(outcome.error),
              .text = std::move(text),
              .is_final = outcome.is_final,
              .saved_progress = std::move(outcome.saved_progress),
              .times = times},
             now);
  }
  return true;
}

/// The task keeps its attempts if the handler did not begin.
void ledger::cancel_run(const task_record& record, const std::optional<run_times>& times,
                        instant now) {
  const bool never_started = record.state == task_state::reserved && !times;
  if (never_started)
    reserved_task_was_cancelled.hit();
  commit(task_cancelled{record.id, now, never_started, times}, state_.rules_of(record).level);
}

/// Whether the handler of a run without an outcome has begun is known only if its worker told it.
ledger::run_failure ledger::crash(const task_record& record, std::string error,
                                  const std::string& text) const {
  auto explained = error + ": " + text;
  return {.error = std::move(error),
          .text = std::move(explained),
          .is_crash = true,
          .times = told_begin(record)};
}

void ledger::fail_run(const task_record& record, run_failure reason, instant now) {
  const auto& rules = state_.rules_of(record);
  const auto& details = record.details();
  if (details.is_cancel_requested) {
    cancelled_run_failed.hit();
    return commit(task_cancelled{record.id, now, false, reason.times}, rules.level);
  }
  const auto verdict = reason.is_crash ? after_crash(rules.retry, details.attempt,
                                                     details.crashes + 1U, random_.next())
                                       : after_failure(rules.retry, details.attempt, reason.error,
                                                       !reason.is_final, random_.next());
  task_failed failed{record.id, now, std::move(reason.text), reason.is_crash, {}};
  const bool has_begun = reason.times || (record.state == task_state::running && !reason.is_crash);
  failed.may_not_have_begun = !has_begun && record.is_start_by_pending();
  failed.saved_progress = std::move(reason.saved_progress);
  failed.times = reason.times;
  if (failed.may_not_have_begun)
    unbegun_run_was_lost.hit();
  if (verdict.retry)
    failed.retry_at = ends_at(now, verdict.delay);
  else if (reason.is_crash)
    task_was_quarantined.hit();
  commit(std::move(failed), rules.level);
}

void ledger::update_progress(const granted_run& run, std::string text) {
  auto* record = state_.find(run.task);
  if (!record || !state_.is_live(*record, run))
    return;
  truncate_utf8(text, state_.options.runs.output_bytes_max);
  record->make_extra().progress = std::move(text);
}

void ledger::mark_begun(session_id session, const begun_run& run, instant now) {
  auto* record = state_.find(run.task);
  if (!record || !state_.is_live(*record, {session, run.task, run.token}))
    return;
  const auto at = began_at(*record, run.ago, now);
  const bool is_reserved = record->state == task_state::reserved;
  if (is_reserved)
    begin_was_told.hit();
  if (record->is_start_by_pending())
    commit(task_begun{run.task, at}, state_.rules_of(*record).level);
  else if (is_reserved)
    applier_.begin_run(*record, at);
}

// --- sessions ---

duration ledger::compensate_stall(instant scheduled_at, instant now) {
  const auto late =
      now - std::max({scheduled_at, state_.timers.advanced_at(), stall_compensated_at_});
  if (late < stall_min)
    return duration{0};
  leases_were_extended.hit();
  stall_compensated_at_ = now;
  state_.sessions.extend_all(late);
  state_.duplicates.extend(late);
  return late;
}

void ledger::attach(session_id id, const std::vector<granted_run>& held, instant now) {
  state_.sessions.renew(id, now);
  const auto runs = state_.sessions.runs(state_.sessions.index_of(id));
  for (const auto task : runs) {
    const auto& record = *state_.tasks.find(task.serial());
    const auto is_held = std::any_of(held.begin(), held.end(), [&](const granted_run& run) {
      return run.task == task && run.token == record.details().token;
    });
    if (!is_held) {
      grant_was_lost.hit();
      release_run(record, now);
    } else if (record.details().is_cancel_requested) {
      state_.pending_effects.revokes.push_back({id, task, record.details().token});
    } else if (state_.queues.at(state_.rules_of(record).queue).settings.is_paused) {
      state_.pending_effects.recalls.push_back({id, task, record.details().token});
    }
  }
  revoke_stale(id, held);
}

/// The run has not begun, so its task keeps its attempts.
void ledger::release_run(const task_record& record, instant now) {
  const auto times = told_begin(record);
  if (record.details().is_cancel_requested)
    cancel_run(record, times, now);
  else
    commit(task_snoozed{record.id, now, record.due, true, {}, times},
           state_.rules_of(record).level);
}

void ledger::withdraw_grant(const granted_run& run, instant now) {
  if (!state_.is_live(run.task, run.token))
    return;
  grant_was_withdrawn.hit();
  release_run(*state_.tasks.find(run.task.serial()), now);
}

void ledger::revoke_stale(session_id id, const std::vector<granted_run>& held) {
  for (auto run : held) {
    run.session = id;
    if (const auto* record = state_.find(run.task); record && state_.is_live(*record, run))
      continue;
    old_run_was_revoked.hit();
    state_.pending_effects.revokes.push_back(run);
  }
}

void ledger::expire_session(std::uint32_t index, instant now) {
  const auto session = state_.sessions.id(index);
  const auto runs = state_.sessions.runs(index);
  if (!runs.empty())
    lease_ended_with_runs.hit();
  for (const auto task : runs) {
    const auto& record = *state_.tasks.find(task.serial());
    const auto token = record.details().token;
    if (state_.sessions.was_sent(index, token))
      fail_run(record, crash(record, "worker_lost", "its lease expired without a heartbeat"), now);
    else
      withdraw_grant({session, task, token}, now);
  }
  state_.pending_effects.lost.push_back(session);
  state_.sessions.remove(index);
}

} // namespace belfry
