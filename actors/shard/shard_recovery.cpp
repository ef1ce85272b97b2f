// How a shard recovers from its journal.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "task/state/schedule_book.hpp"
#include "task/state/shard_epoch.hpp"
#include "text/printable.hpp"
#include "time/cron.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe recovery_retried{"a recovery restarts because the storage became unavailable"};
coverage_probe peer_remembered_more{"a peer remembers what its shard has never given"};

constexpr duration acquire_retry_delay{200};
/// Between the clocks of two healthy machines.
constexpr duration clock_difference_max{60'000};

} // namespace

void shard_state::acquire() {
  is_acquire_scheduled_ = false;
  recovering_since_ = now();
  auto epoch_min = epoch_min_at(recovering_since_);
  if (options_.acquired_epoch)
    epoch_min = std::max(epoch_min, options_.acquired_epoch->load() + 1);
  self_->send(journal_keeper_, acquire_shard{options_.shard, epoch_min});
}

/// Recovery restarts from its first step: an owner acts only on what it read after an acquisition
/// that certainly succeeded. No other request to the journal keeper is in flight then.
void shard_state::retry_acquire(const storage_status& outcome) {
  recovery_retried.hit();
  spdlog::warn("shard.recovery_retried shard={} reason={}", options_.shard.value,
               log_value(outcome.text));
  tasks_.reset();
  snapshot_.clear();
  journal_bytes_ = 0;
  is_acquire_scheduled_ = true;
  self_->delayed_send(self_, acquire_retry_delay, acquire_atom::value);
}

void shard_state::on_shard_acquired(const shard_acquired& answer) {
  if (answer.outcome.code == storage_code::unavailable ||
      answer.outcome.code == storage_code::in_doubt)
    return retry_acquire(answer.outcome);
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  epoch_ = answer.ownership.epoch;
  if (options_.acquired_epoch)
    *options_.acquired_epoch = epoch_;
  batches_.open(journal_keeper_, answer.ownership);
  ledger_options options;
  options.shard = options_.shard;
  options.epoch = epoch_;
  options.serial_min = first_serial_of(epoch_);
  options.seed = options_.seed + epoch_;
  options.booted_at = options_.booted_at;
  options.submits = options_.submits;
  options.runs = options_.runs;
  options.settled_kept_max = options_.limits.settled_kept_max;
  open_ledger(options);
  read_snapshot_after({});
}

void shard_state::open_ledger(const ledger_options& options) {
  event_sink* sink = this;
  if (task_log::is_event_logged())
    sink = &task_log_;
  if (options_.counters)
    sink = &meter_.emplace(*sink, tasks_, *options_.counters);
  tasks_.emplace(options, *sink, now());
}

/// A peer remembers what this shard has never given: tokens and ids of this epoch may repeat. The
/// journal keeper raises the epoch beyond all that is remembered, and the restarted shard acquires
/// a greater one. A deposed shard ends, too: the assignment fences its acquisition.
void shard_state::rise_above(const shard_memory& remembered) {
  peer_remembered_more.hit();
  const auto latest = remembered.latest_epoch();
  spdlog::warn("shard.behind shard={} epoch={} remembered_epoch={}", options_.shard.value, epoch_,
               latest);
  self_->send(journal_keeper_, acquire_shard{options_.shard, latest + 1});
  fail_with({storage_code::in_doubt, "a worker or client remembers epoch " +
                                         std::to_string(latest) + ", this shard has epoch " +
                                         std::to_string(epoch_) +
                                         ": its storage is an older copy"});
}

void shard_state::read_snapshot_after(const std::string& after) {
  self_->send(journal_keeper_, read_snapshot{options_.shard, after});
}

void shard_state::on_snapshot_chunk(snapshot_chunk& chunk) {
  if (chunk.outcome.code == storage_code::unavailable)
    return retry_acquire(chunk.outcome);
  if (!chunk.outcome.ok())
    return fail_with(chunk.outcome);
  for (const auto& part : chunk.objects) {
    if (!snapshot_.restore_object(part.key, chunk.position))
      continue;
    const auto read =
        wire::read_events(part.bytes, [this](event change) { tasks_->replay(std::move(change)); });
    if (!read)
      return fail_with({storage_code::corrupt, read.error().what + " (" + part.key + ")"});
  }
  if (chunk.is_end)
    self_->send(journal_keeper_, read_journal{options_.shard, chunk.position});
  else
    read_snapshot_after(chunk.objects.back().key);
}

void shard_state::on_journal_chunk(journal_chunk& chunk) {
  if (chunk.outcome.code == storage_code::unavailable)
    return retry_acquire(chunk.outcome);
  if (!chunk.outcome.ok())
    return fail_with(chunk.outcome);
  // The keeper reads the next stretch while this one is replayed.
  if (!chunk.is_end)
    self_->send(journal_keeper_, read_journal{options_.shard, chunk.next});
  for (const auto& batch : chunk.batches) {
    journal_bytes_ += batch.size();
    const auto read =
        wire::read_events(batch, [this](event change) { tasks_->replay(std::move(change)); });
    if (!read)
      return fail_with({storage_code::corrupt, read.error().what});
  }
  if (chunk.is_end)
    finish_recovery(chunk.next);
}

/// Their last run is in the future: the clock was ahead when they fired, or is behind now.
void shard_state::warn_of_schedules_ahead(instant present) {
  for (const auto& schedule : tasks_->views().schedules()) {
    const auto ahead = schedule.last_nominal - present;
    if (ahead > clock_difference_max)
      spdlog::warn("schedule.ahead shard={} name={} by_ms={} continues={}", options_.shard.value,
                   log_value(schedule.spec.name), ahead.count(),
                   ahead > schedule_ahead_max ? "now" : "then");
  }
}

void shard_state::finish_recovery(std::uint64_t next) {
  if (next != batches_.head())
    return fail_with({storage_code::corrupt, "the journal ends before event " +
                                                 std::to_string(next) + ", expected " +
                                                 std::to_string(batches_.head())});
  warn_of_schedules_ahead(now());
  tasks_->finish_recovery(now_);
  is_serving_ = true;
  spdlog::info("shard.serving shard={} epoch={} tasks={} recovery_ms={}", options_.shard.value,
               epoch_, tasks_->views().size(), (now_ - recovering_since_).count());
  for (const auto& schedule : tasks_->views().schedules()) {
    if (schedule.parked_reason)
      spdlog::warn("schedule.parked shard={} name={} reason={}", options_.shard.value,
                   log_value(schedule.spec.name), log_value(*schedule.parked_reason));
    if (!options_.booted_at && is_boot_line(schedule.spec.when.line))
      spdlog::warn("schedule.boot_unknown shard={} name={}", options_.shard.value,
                   log_value(schedule.spec.name));
  }
  publish_lanes();
  send_outbox_queues();
  flush();
}

} // namespace belfry
