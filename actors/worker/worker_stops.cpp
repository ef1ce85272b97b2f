#include "worker/worker_state.hpp"

#include "worker/task_outcome.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

// The part of worker_state that ends runs early, and the worker itself.
namespace belfry {

namespace {

// For the last reports and recalls to be answered.
constexpr duration last_answers_timeout{5'000};

} // namespace

void worker_state::on_revoke(const wire::Revoke& revoke) {
  for (const auto& ref : revoke.runs()) {
    const run_key key{{ref.task()}, {ref.token()}};
    const auto found = held_.find(key);
    if (found == held_.end() || found->second.stage == run_stage::ended)
      continue;
    if (found->second.stage == run_stage::waiting) {
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
      finish_unstarted(key, revoke.only_unstarted() ? wire::RunOutcome::NOT_STARTED
                                                    : wire::RunOutcome::CANCELLED);
    } else if (!revoke.only_unstarted()) {
      request_stop(key, found->second, stop_cause::revoked);
    }
  }
}

void worker_state::request_stop(const run_key& key, held_run& held, stop_cause cause) {
  if (held.requested_stop != stop_cause::none)
    return;
  held.requested_stop = cause;
  self_->send(slots_[held.slot].task, stop_run{key, cause});
  set_deadline(key, held, options_.grace);
}

void worker_state::return_waiting_runs(const run_predicate& is_affected) {
  for (const auto& key : std::exchange(waiting_, {})) {
    if (is_affected(key, held_.at(key)))
      finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
    else
      waiting_.push_back(key);
  }
}

// --- deadlines ---

void worker_state::set_deadline(const run_key& key, held_run& held, duration from_now) {
  clear_deadline(key, held);
  held.deadline = now() + from_now;
  deadlines_.emplace(*held.deadline, key);
  set_alarm();
}

void worker_state::clear_deadline(const run_key& key, held_run& held) {
  if (!held.deadline)
    return;
  deadlines_.erase({*held.deadline, key});
  held.deadline.reset();
}

void worker_state::set_alarm() {
  if (deadlines_.empty())
    return;
  const auto earliest = deadlines_.begin()->first;
  if (alarm_ && *alarm_ <= earliest)
    return;
  alarm_ = earliest;
  self_->delayed_send(self_, std::max(earliest - now(), time_point::duration{0}),
                      deadline_atom::value, std::int64_t{earliest.time_since_epoch().count()});
}

void worker_state::on_run_deadline(std::int64_t set_for) {
  if (!alarm_ || alarm_->time_since_epoch().count() != set_for)
    return;
  alarm_.reset();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
    const auto key = deadlines_.begin()->second;
    auto& held = held_.at(key);
    clear_deadline(key, held);
    if (held.requested_stop == stop_cause::none)
      request_stop(key, held, stop_cause::timed_out);
    else
      self_->send(slots_[held.slot].task, abandon_run{key});
  }
  set_alarm();
}

// --- the worker ---

void worker_state::on_stop() {
  if (std::exchange(is_draining_, true))
    return;
  spdlog::info("worker.draining name={} session={}", log_value(options_.name), session_.value);
  announce_stop_to_runs();
  return_waiting_runs([](const run_key&, const held_run&) { return true; });
  // An Attach without credit: grants in flight are taken back, and no more are made.
  attach_all();
  self_->delayed_send(self_, options_.drain_timeout, interrupt_now_atom::value);
  quit_if_done();
}

/// From now on no run starts here, so there are no others to tell.
void worker_state::announce_stop_to_runs() {
  for (const auto& [key, held] : held_) {
    if (held.stage == run_stage::running)
      self_->send(slots_[held.slot].task, announce_stop{key});
  }
}

void worker_state::on_interrupt_now() {
  for (auto& [key, held] : held_) {
    if (held.stage == run_stage::running)
      request_stop(key, held, stop_cause::interrupted);
  }
  force_quit_after(options_.grace + last_answers_timeout);
}

void worker_state::quit_if_done() {
  if (!is_draining_)
    return;
  const bool is_attaching =
      std::any_of(node_sessions_.begin(), node_sessions_.end(),
                  [](const auto& entry) { return entry.second.lease.is_attach_pending(); });
  if (held_.empty() && !is_attaching)
    self_->quit();
  else if (idle_.size() == slots_.size())
    force_quit_after(last_answers_timeout);
}

void worker_state::force_quit_after(duration timeout) {
  if (!std::exchange(is_force_quit_scheduled_, true))
    self_->delayed_send(self_, timeout, force_quit_atom::value);
}

} // namespace belfry
