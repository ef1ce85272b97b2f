// What holds a shard together: the batch that gathers, the acts that wait for it, and the alarm.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"

#include "base/actor_basics.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe disk_was_full{"a batch waits for room on the disk"};
coverage_probe storage_unavailable{"a batch waits for the storage to be reached"};
coverage_probe shard_failed{"a shard gives up and recovers"};

constexpr duration write_retry_delay{200};
// An alarm counts on a monotonic clock, but tasks are due by wall time: look again this often.
constexpr duration alarm_delay_max{1'000};
constexpr std::int64_t at_once = 0; // In place of the instant that an alarm was set for.

} // namespace

shard_state::shard_state(caf::event_based_actor* self, shard_options options)
    : self_(self), options_(std::move(options)),
      admission_({options_.limits.pending_bytes_max, options_.submits.open_tasks_max}) {}

instant shard_state::now() {
  return now_ = std::max(now_, options_.time->now());
}

caf::actor shard_state::sender() const {
  return caf::actor_cast<caf::actor>(self_->current_sender());
}

void shard_state::on_child_started(const child_started& who) {
  if (who.name == "dispatcher") {
    dispatcher_ = who.child;
    if (is_serving())
      request_flush();
  } else if (who.name == "outbox") {
    outbox_ = who.child;
    send_outbox_queues();
  } else if (who.name == "journal_keeper" && !journal_keeper_) {
    journal_keeper_ = who.child;
    acquire();
  } else if (who.name == "journal_keeper" && journal_keeper_ != who.child) {
    fail_with({storage_code::io_error, "its journal was opened anew"});
  }
}

void shard_state::send_outbox_queues() {
  if (!outbox_ || !is_serving())
    return;
  outbox_queues news;
  for (const auto& one : tasks_->views().queues())
    if (one.settings.accepts_anywhere)
      news.queues.insert(one.settings.queue);
  self_->send(outbox_, std::move(news));
}

/// What the journal really holds is only known by reading it again: the next shard does.
void shard_state::fail_with(const storage_status& outcome) {
  shard_failed.hit();
  spdlog::warn("shard.failed shard={} reason=\"{}\"", options_.shard.value, outcome.text);
  is_serving_ = false;
  failure why{errc::storage, outcome.text};
  if (outcome.code == storage_code::corrupt)
    why.code = errc::corrupt;
  else if (outcome.code == storage_code::fenced) // Whoever has it now would be fenced off in turn.
    why = {errc::wrong_state, "another node has taken it over: " + outcome.text};
  self_->quit(quit_reason(why));
}

// --- record ---

void shard_state::record(const event& what, durability level) {
  if (level == durability::in_memory)
    return;
  writer_.add(what);
  level_ = std::min(level_, level);
}

void shard_state::request_flush() {
  if (in_flight_count_ == 0 && !std::exchange(is_flush_scheduled_, true))
    self_->send(self_, flush_atom::value);
}

/// To the dispatcher and back: what is taken now of what came in goes into the same batch, which
/// saves a write before it runs. Should the dispatcher die, its successor's coming is the answer.
void shard_state::request_matched_flush() {
  if (workers_.empty() || !dispatcher_ || !tasks_->lanes().has_changed())
    return request_flush();
  publish_changed_lanes(in_flight_count_ == 0);
}

void shard_state::flush() {
  is_flush_scheduled_ = false;
  if (!is_serving_)
    return;
  apply_effects();
  set_alarm();
  if (in_flight_count_ > 0)
    return;
  if (writer_.count() == 0) {
    pending_bytes_ = 0; // They were of volatile tasks, or of a batch that was known already.
    for (const auto& one : std::exchange(on_durable_, {}))
      one();
    return;
  }
  append_batch batch{options_.shard, epoch_, head_, writer_.count(), writer_.finish_record()};
  in_flight_count_ = batch.count;
  journal_bytes_ += batch.bytes.size();
  on_durable_in_flight_ = std::exchange(on_durable_, {});
  in_flight_bytes_ = pending_bytes_;
  begin_snapshot_if_due(head_ + batch.count);
  self_->send(journal_keeper_,
              write_batch{std::move(batch), std::exchange(level_, durability::in_memory)});
}

void shard_state::on_batch_written(batch_written& answer) {
  if (in_flight_count_ == 0)
    return;
  has_space_ = answer.has_space;
  const bool is_away = answer.outcome.code == storage_code::unavailable;
  if (is_away || answer.outcome.code == storage_code::no_space) {
    // What is decided stays decided: it is written when it can be again.
    (is_away ? storage_unavailable : disk_was_full).hit();
    refused_ = std::move(answer.refused);
    self_->delayed_send(self_, write_retry_delay, retry_write_atom::value);
    return;
  }
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  head_ += std::exchange(in_flight_count_, 0);
  pending_bytes_ -= std::exchange(in_flight_bytes_, 0);
  for (const auto& one : std::exchange(on_durable_in_flight_, {}))
    one();
  if (is_snapshot_in_progress_ && are_parts_complete_)
    put_or_commit();
  flush();
}

void shard_state::retry_write() {
  if (in_flight_count_ > 0)
    self_->send(journal_keeper_, write_batch{std::exchange(refused_, {}), durability::durable});
}

// --- time ---

void shard_state::wake(std::int64_t set_for_ms) {
  if (set_for_ms == at_once)
    is_wake_scheduled_ = false;
  if (alarm_ && to_ms(*alarm_) == set_for_ms)
    alarm_.reset();
  if (!is_serving_)
    return;
  if (set_for_ms != at_once) {
    const auto late = tasks_->compensate_stall(instant_of_ms(set_for_ms), now());
    if (late > duration{0})
      spdlog::warn("shard.stalled shard={} ms={}", options_.shard.value, late.count());
  }
  const auto done = tasks_->advance(now(), options_.limits.steps_max);
  if (done >= options_.limits.steps_max)
    request_wake(); // Others have their turn before the rest.
  expire_waiters();
  // Not through `request_flush`: the alarm must be set again though a batch is under way.
  flush();
}

void shard_state::request_wake() {
  if (!std::exchange(is_wake_scheduled_, true))
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

audit_answer shard_state::audit() const {
  return is_serving_ ? tasks_->views().audit() : audit_answer{};
}

} // namespace belfry
