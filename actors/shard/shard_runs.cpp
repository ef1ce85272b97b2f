// How a shard grants runs to workers, and what the dispatcher and workers tell it.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"

#include "time/retry.hpp"
#include "wire/begun_runs.hpp"
#include "wire/envelope.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace belfry {

namespace {

coverage_probe deposed_owner_asked{"a deposed shard receives a run that a later owner has granted"};
coverage_probe grant_dropped{"a grant is withdrawn before its start is written"};

// A frame of a megabyte would delay the small messages behind it.
constexpr std::size_t grant_bytes_max = 256 * 1024;

/// Says where a task comes from, unless it is usual: most grants do not become longer.
void add_origin(const task_record& task, const std::string& queue, wire::Run& run) {
  if (queue != "default")
    run.set_queue(queue);
  const auto* extra = task.extra();
  if (!extra)
    return;
  if (!extra->key.empty())
    run.set_key(extra->key);
  if (!extra->schedule.empty())
    run.set_schedule(extra->schedule);
  if (extra->nominal != instant_max)
    run.set_nominal_ms(to_ms(extra->nominal));
}

run_outcome read(wire::RunOutcome& from, std::int64_t clock_ms) {
  using verdict = run_outcome::verdict;
  run_outcome to;
  to.task = {from.task()};
  to.token = {from.token()};
  to.output = std::move(*from.mutable_output());
  to.error = std::move(*from.mutable_error());
  to.message = std::move(*from.mutable_message());
  to.is_final = from.is_final();
  to.snooze = duration{from.snooze_ms()};
  if (from.has_saved_progress())
    to.saved_progress = std::move(*from.mutable_saved_progress());
  if (from.has_began_ms()) {
    to.began_ago = wire::ago_of(from.began_ms(), clock_ms);
    to.ran = duration{from.ran_ms()};
  }
  if (wire::RunOutcome::Verdict_IsValid(from.verdict())) {
    to.end = static_cast<verdict>(from.verdict());
  } else {
    to.end = verdict::failed;
    to.error = "unknown_verdict";
    to.message = "the worker says that the run ended as " + std::to_string(from.verdict()) +
                 ", which this version does not know";
  }
  return to;
}

} // namespace

/// Then this shard is deposed, and a run that it does not know may be live.
bool shard_state::is_from_later_epoch(fencing_token token) const {
  return options_.is_shared && token.epoch() > epoch_;
}

/// An outcome for a later owner is not acknowledged: the worker sends it again, to that owner.
void shard_state::on_report(const envelope& message) {
  if (!is_serving() || !wire::open(message.bytes, report_) ||
      report_.shard() != options_.shard.value)
    return;
  for (const auto& outcome : report_.outcomes())
    if (is_from_later_epoch({outcome.token()}))
      return deposed_owner_asked.hit();
  const session_id session{report_.session()};
  const auto worker = sender();
  const auto at = now();
  mark_begun(session, wire::begun_runs_of(report_.begun(), report_.clock_ms(), options_.shard));
  for (auto& outcome : *report_.mutable_outcomes())
    if (!tasks_->finish_run(session, read(outcome, report_.clock_ms()), at) && options_.counters)
      options_.counters->count_stale_outcome();
  wire::ReportAck acknowledgement;
  acknowledgement.set_shard(options_.shard.value);
  acknowledgement.set_sequence(report_.sequence());
  batches_.on_durable([this, worker, bytes = wire::seal(acknowledgement)]() mutable {
    self_->send(worker, report_ack_atom::value, envelope{std::move(bytes), 0});
  });
  request_flush();
}

void shard_state::on_worker_attached(worker_attached& message) {
  if (!is_serving())
    return;
  if (tasks_->views().is_behind(message.remembered))
    return rise_above(message.remembered);
  std::erase_if(message.held,
                [this](const granted_run& run) { return is_from_later_epoch(run.token); });
  tasks_->sessions().set_tells_begin(message.session, message.tells_begin);
  auto& known = workers_[message.session];
  // A connection that lasts loses no message: a run that the worker does not hold is still being
  // sent to it. (The handles of two connections are equal, but not the same actor.)
  if (caf::actor_cast<caf::abstract_actor*>(known.actor) ==
      caf::actor_cast<caf::abstract_actor*>(message.worker)) {
    tasks_->sessions().renew(message.session, now());
    tasks_->revoke_stale(message.session, message.held);
  } else {
    known = {message.worker, 0, {}, std::move(message.worker_name)};
    tasks_->attach(message.session, message.held, now());
  }
  note_heard(message.session, message.number, message.begun);
  request_flush();
}

/// The worker sent the message of this `number` before now: grants are dated by that.
void shard_state::note_heard(session_id session, std::uint64_t number,
                             const std::vector<begun_run>& begun) {
  if (const auto worker = workers_.find(session); worker != workers_.end() && number != 0) {
    worker->second.heard_number = number;
    worker->second.heard_at = self_->clock().now();
  }
  if (begun.empty())
    return;
  mark_begun(session, begun);
  request_flush(); // Their deadlines are met.
  set_alarm();     // Their time limits have begun.
}

void shard_state::mark_begun(session_id session, const std::vector<begun_run>& runs) {
  for (const auto& run : runs) {
    const bool was_reserved = meter_ && meter_->is_reserved(run.task);
    tasks_->mark_begun(session, run, now_);
    if (was_reserved)
      meter_->count_begin(run.task);
  }
}

/// The lease of the worker stays: it may attach again with its runs.
void shard_state::on_worker_disconnected(const worker_disconnected& message) {
  workers_.erase(message.session);
}

void shard_state::on_worker_heartbeat(worker_heartbeat& message) {
  if (!is_serving())
    return;
  tasks_->sessions().renew(message.session, now());
  for (auto& note : message.progress)
    tasks_->update_progress({message.session, note.task, note.token}, std::move(note.text));
  note_heard(message.session, message.number, message.begun);
}

void shard_state::on_grant_tasks(const grant_tasks& request) {
  tasks_granted answer{options_.shard, request, 0};
  // The shard could not send the grants to a worker that has not attached.
  answer.is_unknown_session = is_serving() && !workers_.contains(request.session);
  if (is_serving() && !answer.is_unknown_session) {
    answer.granted =
        tasks_->grant(request.session, request.queue, request.kind, request.count, now());
    request_flush();
  }
  self_->send(sender(), answer);
}

void shard_state::publish_lanes() {
  if (is_serving() && dispatcher_)
    self_->send(dispatcher_,
                lane_update{options_.shard, self_, true, tasks_->lanes().all(), epoch_});
}

/// Sends what follows from the commands so far. Lanes are published before they are durable: they
/// are no promise, and a grant of one of their tasks is written after the task.
void shard_state::apply_effects() {
  auto effects = tasks_->take_effects();
  grant(effects.grants);
  revoke(effects.revokes, false);
  revoke(effects.recalls, true);
  notify_waiters(effects.settled);
  log_deaths(effects.dead);
  for (const auto session : effects.lost)
    workers_.erase(session);
  if (dispatcher_ && tasks_->lanes().has_changed())
    publish_changed_lanes(false);
}

/// Once they are durable; not of a task that was requeued meanwhile.
void shard_state::log_deaths(const std::vector<task_id>& dead) {
  for (const auto id : dead) {
    if (!task_log_.admit_death(now_))
      continue;
    auto info = tasks_->views().describe(id, false);
    if (info && info->state == task_state::dead)
      batches_.on_durable([this, task = std::move(*info)] { task_log_.log_death(task); });
  }
}

void shard_state::publish_changed_lanes(bool wants_flush) {
  self_->send(dispatcher_, lane_update{options_.shard, self_, false, tasks_->lanes().take_changed(),
                                       0, wants_flush});
}

void shard_state::grant(const std::vector<granted_run>& runs) {
  std::map<session_id, wire::Grant> messages;
  std::map<session_id, std::size_t> sizes;
  const auto send = [this](session_id session, wire::Grant& message) {
    message.set_shard(options_.shard.value);
    batches_.on_durable(
        [this, session, granted = std::move(message)]() mutable { send_grant(session, granted); });
    message.Clear();
  };
  for (const auto& run : runs) {
    if (!tasks_->views().is_live(run.task, run.token))
      continue; // Withdrawn already; the task may be forgotten.
    const auto* task = tasks_->views().find(run.task);
    const auto& rules = tasks_->views().rules_of(*task);
    auto& message = messages[run.session];
    auto& to = *message.add_runs();
    to.set_task(run.task.value);
    to.set_token(run.token.value);
    to.set_attempt(task->details().attempt);
    to.set_kind(tasks_->views().name(rules.kind));
    to.set_payload(task->payload.view().data(), task->payload.size());
    to.set_timeout_ms(rules.timeout.count());
    if (const auto* saved = task->saved_progress())
      to.set_previous_progress(*saved);
    add_origin(*task, tasks_->views().name(rules.queue), to);
    to.set_is_last_attempt(is_last_attempt(rules.retry, task->details().attempt));
    const auto bytes = task->payload.size() + to.previous_progress().size() + to.queue().size() +
                       to.key().size() + to.schedule().size() + 64;
    if (auto& size = sizes[run.session] += bytes; size > grant_bytes_max) {
      send(run.session, message);
      size = 0;
    }
  }
  for (auto& [session, message] : messages)
    if (message.runs_size() > 0)
      send(session, message);
}

/// The starts are durable. Meanwhile the worker may have attached on a new connection: then these
/// runs count as lost, and another worker may run their tasks.
void shard_state::send_grant(session_id session, wire::Grant& granted) {
  auto& runs = *granted.mutable_runs();
  const auto is_withdrawn = [this](const wire::Run& run) {
    return !tasks_->views().is_live({run.task()}, {run.token()});
  };
  const auto kept = std::remove_if(runs.begin(), runs.end(), is_withdrawn);
  if (kept != runs.end())
    grant_dropped.hit();
  runs.erase(kept, runs.end());
  if (runs.empty())
    return;
  const auto run_of = [session](const wire::Run& run) {
    return granted_run{session, {run.task()}, {run.token()}};
  };
  if (const auto worker = workers_.find(session); worker != workers_.end()) {
    tasks_->sessions().mark_sent(run_of(*runs.rbegin())); // Tokens grow within a message.
    set_start_limits(worker->second, granted);
    self_->send(worker->second.actor, grant_atom::value, envelope{wire::seal(granted), 0});
    return;
  }
  for (const auto& run : runs)
    tasks_->withdraw_grant(run_of(run), now());
  request_flush();
}

/// The time that is left to start a run counts from now. The worker may be stopped while the
/// message is on its way, and does not share this clock; so the message also says how long ago the
/// shard heard of the worker: the worker knows when it sent that.
void shard_state::set_start_limits(const connected_worker& worker, wire::Grant& granted) {
  bool has_limit = false;
  for (auto& run : *granted.mutable_runs()) {
    const auto limit = tasks_->views().find({run.task()})->start_limit();
    if (limit == instant_max)
      continue;
    run.set_start_within_ms((limit - now()).count());
    has_limit = true;
  }
  if (!has_limit || worker.heard_number == 0)
    return;
  const auto heard_ago = std::chrono::floor<duration>(self_->clock().now() - worker.heard_at);
  granted.set_heard_number(worker.heard_number);
  granted.set_heard_ms_ago(static_cast<std::uint32_t>(heard_ago.count()));
}

void shard_state::revoke(const std::vector<granted_run>& runs, bool only_unstarted) {
  std::map<session_id, wire::Revoke> messages;
  for (const auto& run : runs) {
    auto& message = messages[run.session];
    message.set_only_unstarted(only_unstarted);
    auto& to = *message.add_runs();
    to.set_task(run.task.value);
    to.set_token(run.token.value);
  }
  for (const auto& [session, message] : messages)
    batches_.on_durable([this, to = session, bytes = wire::seal(message)]() mutable {
      if (const auto worker = workers_.find(to); worker != workers_.end())
        self_->send(worker->second.actor, revoke_atom::value, envelope{std::move(bytes), 0});
    });
}

} // namespace belfry
