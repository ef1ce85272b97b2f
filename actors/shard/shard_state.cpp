// What all of a shard shares: its peers, the batch that gathers, and the alarm.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"

#include "base/actor_basics.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe shard_failed{"a shard fails and recovers"};

// An alarm runs on a monotonic clock, but tasks are due by wall time: check it this often.
constexpr duration alarm_delay_max{1'000};
constexpr std::int64_t at_once = 0; // A `wake_atom` that no alarm was set for.

} // namespace

shard_state::shard_state(caf::event_based_actor* self, shard_options options)
    : self_(self), options_(std::move(options)), batches_(self, options_.shard),
      admission_(options_.shard, options_.limits, options_.submits) {}

instant shard_state::now() {
  now_ = std::max(now_, options_.time->now());
  if (tasks_)
    tasks_->set_clock_lead(options_.time->lead());
  compensate_stall();
  return now_;
}

/// Before anything is decided at this time: whichever message is the first after a stall.
void shard_state::compensate_stall() {
  const auto wakes_at = is_wake_scheduled_ ? std::optional{wake_requested_at_} : alarm_;
  if (!is_serving_ || !wakes_at || now_ <= *wakes_at)
    return;
  const auto stall = tasks_->compensate_stall(*wakes_at, now_);
  if (stall > duration{0})
    spdlog::warn("shard.stalled shard={} stall_ms={}", options_.shard.value, stall.count());
}

caf::actor shard_state::sender() const {
  return caf::actor_cast<caf::actor>(self_->current_sender());
}

std::string shard_state::name() const {
  return "shard " + std::to_string(options_.shard.value);
}

void shard_state::on_child_started(const child_started& message) {
  if (message.name == "dispatcher") {
    dispatcher_ = message.child;
    if (is_serving())
      request_flush();
  } else if (message.name == "outbox") {
    outbox_ = message.child;
    send_outbox_queues();
  } else if (message.name == "journal_keeper" && !journal_keeper_) {
    journal_keeper_ = message.child;
    acquire();
  } else if (message.name == "journal_keeper" && journal_keeper_ != message.child) {
    on_journal_reopened(message.child);
  }
}

/// A shard that has read nothing yet waits for its journal, however often the journal fails to
/// open: the journal keeper, which knows why, uses up its restarts first.
void shard_state::on_journal_reopened(const caf::actor& keeper) {
  if (tasks_)
    return fail_with({storage_code::io_error, "its journal was opened again"});
  journal_keeper_ = keeper;
  if (!is_acquire_scheduled_)
    acquire();
}

void shard_state::send_outbox_queues() {
  if (!outbox_ || !is_serving())
    return;
  outbox_queues accepting;
  for (const auto& queue : tasks_->views().queues())
    if (queue.settings.accepts_anywhere)
      accepting.queues.insert(queue.settings.queue);
  self_->send(outbox_, std::move(accepting));
}

/// Only reading the journal again tells what it holds: the restarted shard does.
void shard_state::fail_with(const storage_status& outcome) {
  shard_failed.hit();
  spdlog::warn("shard.failed shard={} reason={}", options_.shard.value, log_value(outcome.text));
  is_serving_ = false;
  batches_.abandon();
  failure reason{errc::storage, outcome.text};
  if (outcome.code == storage_code::corrupt)
    reason.code = errc::corrupt;
  else if (outcome.code == storage_code::fenced) // A restart would fence off the new owner in turn.
    reason = {errc::wrong_state, "another node has taken the shard over: " + outcome.text};
  self_->quit(quit_reason(reason));
}

// --- the journal ---

void shard_state::record(const event& change, durability level) {
  if (level == durability::in_memory)
    return;
  events_.add(change);
  level_ = std::min(level_, level);
}

/// Asks the dispatcher first, if it may find workers for new tasks: it grants them, then sends the
/// `flush_atom`, so that a task and its start share one write. Should the dispatcher die meanwhile,
/// the shard flushes when the next dispatcher starts.
void shard_state::request_matched_flush() {
  if (workers_.empty() || !dispatcher_ || !tasks_->lanes().has_changed())
    return request_flush();
  publish_changed_lanes(!batches_.is_in_flight());
}

void shard_state::flush() {
  batches_.begin_flush();
  if (!is_serving_)
    return;
  apply_effects();
  set_alarm();
  if (batches_.is_in_flight())
    return;
  const auto count = events_.count();
  if (count == 0) {
    admission_.on_write_skipped();
    return batches_.skip_write();
  }
  auto bytes = events_.finish_record();
  journal_bytes_ += bytes.size();
  admission_.on_write();
  begin_snapshot_if_due(batches_.head() + count);
  write_began_at_ = now_;
  batches_.write(count, std::move(bytes), std::exchange(level_, durability::in_memory));
}

void shard_state::on_batch_written(batch_written& answer) {
  const auto progress = batches_.settle(answer);
  if (progress == batch_writer::progress::failed)
    return fail_with(answer.outcome);
  if (progress == batch_writer::progress::waiting)
    return;
  admission_.on_written();
  if (snapshot_.is_in_progress() && !snapshot_.is_copying())
    put_or_commit();
  flush();
}

// --- time ---

void shard_state::on_wake(std::int64_t set_for_ms) {
  now();
  if (set_for_ms == at_once)
    is_wake_scheduled_ = false;
  if (alarm_ && to_ms(*alarm_) == set_for_ms)
    alarm_.reset();
  if (!is_serving_)
    return;
  const auto steps = tasks_->advance(now_, options_.limits.steps_max);
  if (steps >= options_.limits.steps_max)
    request_wake(); // The messages that wait come before the remaining steps.
  for (const auto id : waiters_.expire(now_))
    tasks_->waits().unwatch(id);
  // Not through `request_flush`: the alarm must be set again even while a batch is in flight.
  flush();
}

void shard_state::request_wake() {
  if (std::exchange(is_wake_scheduled_, true))
    return;
  wake_requested_at_ = now_;
  self_->send(self_, wake_atom::value, at_once);
}

void shard_state::set_alarm() {
  const auto next = tasks_->next_wakeup();
  if (!next)
    return;
  if (*next <= now_)
    return request_wake();
  const auto at = std::min(*next, now_ + alarm_delay_max);
  if (alarm_ && *alarm_ <= at)
    return;
  alarm_ = at;
  self_->delayed_send(self_, at - now_, wake_atom::value, to_ms(at));
}

audit_answer shard_state::on_audit() const {
  return is_serving_ ? tasks_->views().audit() : audit_answer{};
}

} // namespace belfry
