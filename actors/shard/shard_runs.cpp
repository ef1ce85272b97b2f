// What a shard does with workers and the dispatcher.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"

#include "wire/envelope.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe deposed_owner_asked{
    "a deposed shard is told of a run that a later owner has granted"};
coverage_probe grant_dropped{"a grant is given up before its start is written"};

// A frame of a megabyte would hold up the small messages behind it.
constexpr std::size_t grant_bytes_max = 256 * 1024;

run_outcome read(wire::RunOutcome& from) {
  using verdict = run_outcome::verdict;
  run_outcome to;
  to.task = {from.task()};
  to.token = {from.token()};
  to.output = std::move(*from.mutable_output());
  to.error = std::move(*from.mutable_error());
  to.message = std::move(*from.mutable_message());
  to.is_final = from.is_final();
  to.snooze = duration{from.snooze_ms()};
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

/// Then this one is deposed, and what it does not know may well be live.
bool shard_state::is_from_later_epoch(fencing_token token) const {
  return options_.is_shared && token.epoch() > epoch_;
}

/// One that is for a later owner is not confirmed: it is sent again, to whoever has the shard then.
void shard_state::report(const envelope& from) {
  if (!is_serving() || !wire::open(from.bytes, report_) || report_.shard() != options_.shard.value)
    return;
  for (const auto& outcome : report_.outcomes())
    if (is_from_later_epoch({outcome.token()}))
      return deposed_owner_asked.hit();
  const session_id session{report_.session()};
  const auto worker = sender();
  const auto at = now();
  for (auto& outcome : *report_.mutable_outcomes())
    tasks_->finish_run(session, read(outcome), at);
  wire::ReportAck confirmed;
  confirmed.set_shard(options_.shard.value);
  confirmed.set_sequence(report_.sequence());
  on_durable_.push_back([this, worker, bytes = wire::seal(confirmed)]() mutable {
    self_->send(worker, report_ack_atom::value, envelope{std::move(bytes), 0});
  });
  request_flush();
}

void shard_state::attach(worker_attached& who) {
  if (!is_serving())
    return;
  std::erase_if(who.held,
                [this](const granted_run& run) { return is_from_later_epoch(run.token); });
  auto& known = workers_[who.session];
  // Nothing gets lost while a connection lasts: a run that the worker does not hold is still on its
  // way to it. (Handles of two connections are equal, but not the same.)
  if (caf::actor_cast<caf::abstract_actor*>(known) ==
      caf::actor_cast<caf::abstract_actor*>(who.worker)) {
    tasks_->renew_lease(who.session, now());
    tasks_->revoke_stale(who.session, who.held);
  } else {
    known = who.worker;
    tasks_->attach(who.session, who.held, now());
  }
  request_flush();
}

/// Its lease goes on: it may come back with what it runs.
void shard_state::on_worker_disconnected(const worker_disconnected& who) {
  workers_.erase(who.session);
}

void shard_state::on_worker_heartbeat(worker_heartbeat& who) {
  if (!is_serving())
    return;
  tasks_->renew_lease(who.session, now());
  for (auto& note : who.progress)
    tasks_->update_progress(note.task, note.token, std::move(note.text));
}

void shard_state::take(const grant_tasks& what) {
  tasks_granted answer{options_.shard, what, 0};
  // Without an address the runs would be granted to nobody.
  answer.is_unknown_session = is_serving() && !workers_.contains(what.session);
  if (is_serving() && !answer.is_unknown_session) {
    answer.granted = tasks_->grant(what.session, what.queue, what.kind, what.count, now());
    request_flush();
  }
  self_->send(sender(), answer);
}

void shard_state::request_lanes() {
  if (is_serving() && dispatcher_)
    self_->send(dispatcher_,
                lane_update{options_.shard, self_, true, tasks_->lanes().all(), epoch_});
}

/// What follows from the commands so far. Lanes are told at once: they are no promise, and whatever
/// is taken from them is recorded behind what made them.
void shard_state::apply_effects() {
  auto follows = tasks_->take_effects();
  grant(follows.grants);
  revoke(follows.revokes, false);
  revoke(follows.recalls, true);
  notify_waiters(follows.settled);
  for (const auto session : follows.lost)
    workers_.erase(session);
  if (dispatcher_ && tasks_->lanes().has_changed())
    publish_changed_lanes(false);
}

void shard_state::publish_changed_lanes(bool wants_flush) {
  self_->send(dispatcher_, lane_update{options_.shard, self_, false, tasks_->lanes().take_changed(),
                                       0, wants_flush});
}

void shard_state::grant(const std::vector<granted_run>& runs) {
  std::map<session_id, wire::Grant> messages;
  std::map<session_id, std::size_t> sizes;
  const auto send = [this](session_id to, wire::Grant& message) {
    message.set_shard(options_.shard.value);
    on_durable_.push_back(
        [this, to, granted = std::move(message)]() mutable { send_grant(to, granted); });
    message.Clear();
  };
  for (const auto& run : runs) {
    if (!tasks_->views().is_live(run.task, run.token))
      continue; // Given up already, perhaps forgotten.
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
    if (auto& size = sizes[run.session] += task->payload.size() + 64; size > grant_bytes_max) {
      send(run.session, message);
      size = 0;
    }
  }
  for (auto& [session, message] : messages)
    if (message.runs_size() > 0)
      send(session, message);
}

/// The starts are written. Meanwhile the worker may have attached on a new connection: then these
/// runs were taken for lost on the way, and somebody else may run their tasks.
void shard_state::send_grant(session_id to, wire::Grant& granted) {
  auto& runs = *granted.mutable_runs();
  const auto is_given_up = [this](const wire::Run& run) {
    return !tasks_->views().is_live({run.task()}, {run.token()});
  };
  const auto kept = std::remove_if(runs.begin(), runs.end(), is_given_up);
  if (kept != runs.end())
    grant_dropped.hit();
  runs.erase(kept, runs.end());
  for (auto& run : runs)
    if (const auto latest = tasks_->views().find({run.task()})->start_by_pending())
      run.set_start_within_ms((*latest - now()).count());
  if (runs.empty())
    return;
  const auto named = [to](const wire::Run& run) {
    return granted_run{to, {run.task()}, {run.token()}};
  };
  if (const auto worker = workers_.find(to); worker != workers_.end()) {
    tasks_->mark_sent(named(*runs.rbegin())); // Tokens grow within a message.
    self_->send(worker->second, grant_atom::value, envelope{wire::seal(granted), 0});
    return;
  }
  for (const auto& run : runs)
    tasks_->withdraw_grant(named(run), now());
  request_flush();
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
    on_durable_.push_back([this, to = session, bytes = wire::seal(message)]() mutable {
      if (const auto worker = workers_.find(to); worker != workers_.end())
        self_->send(worker->second, revoke_atom::value, envelope{std::move(bytes), 0});
    });
}

} // namespace belfry
