// How a shard recovers from its journal, and keeps the journal short by snapshots.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace belfry {

namespace {

coverage_probe snapshot_was_taken{"a snapshot makes the journal shorter"};
coverage_probe recovery_retried{"a recovery restarts because the storage became unavailable"};

constexpr duration acquire_retry_delay{200};
constexpr std::size_t pages_per_step = 4;
constexpr std::size_t put_bytes_max = 512 * 1024;
// Tasks come first on the disk and the processors, as long as the copied pages fit into memory.
constexpr duration put_pause{5};
constexpr std::size_t images_max = 50'000;

} // namespace

// --- recovery ---

void shard_state::acquire() {
  recovering_since_ = now();
  self_->send(journal_keeper_, acquire_shard{options_.shard});
}

/// Recovery restarts from its first step: an owner acts only on what it read after an acquisition
/// that certainly succeeded. No other request to the journal keeper is in flight then.
void shard_state::retry_acquire(const storage_status& outcome) {
  recovery_retried.hit();
  spdlog::warn("shard.recovery_retried shard={} reason=\"{}\"", options_.shard.value, outcome.text);
  tasks_.reset();
  snapshot_.clear();
  journal_bytes_ = 0;
  self_->delayed_send(self_, acquire_retry_delay, acquire_atom::value);
}

void shard_state::on_shard_acquired(const shard_acquired& answer) {
  if (answer.outcome.code == storage_code::unavailable ||
      answer.outcome.code == storage_code::in_doubt)
    return retry_acquire(answer.outcome);
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  epoch_ = answer.ownership.epoch;
  batches_.open(journal_keeper_, answer.ownership);
  ledger_options options;
  options.shard = options_.shard;
  options.epoch = epoch_;
  options.seed = options_.seed + epoch_;
  options.submits = options_.submits;
  options.runs = options_.runs;
  options.settled_kept_max = options_.limits.settled_kept_max;
  tasks_.emplace(options, static_cast<event_sink&>(*this), now());
  read_snapshot_after({});
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

void shard_state::finish_recovery(std::uint64_t next) {
  if (next != batches_.head())
    return fail_with({storage_code::corrupt, "the journal ends before event " +
                                                 std::to_string(next) + ", expected " +
                                                 std::to_string(batches_.head())});
  tasks_->finish_recovery(now());
  is_serving_ = true;
  spdlog::info("shard.serving shard={} epoch={} tasks={} recovery_ms={}", options_.shard.value,
               epoch_, tasks_->views().size(), (now_ - recovering_since_).count());
  publish_lanes();
  send_outbox_queues();
  flush();
}

// --- snapshots ---

/// Adaptive snapshots wait until the journal is longer than what the snapshot would write, by a
/// margin: while tasks are only submitted, a snapshot would be as long as the journal.
void shard_state::begin_snapshot_if_due(std::uint64_t position) {
  const auto& limits = options_.limits;
  const auto snapshot_bytes = limits.has_adaptive_snapshots ? tasks_->snapshots().bytes() : 0;
  if (snapshot_.is_in_progress() || journal_bytes_ < limits.journal_bytes_max + snapshot_bytes)
    return;
  journal_bytes_ = 0;
  snapshot_.begin(position);
  tasks_->snapshots().begin(snapshot_);
  self_->send(self_, snapshot_atom::value);
}

void shard_state::continue_snapshot() {
  if (!snapshot_.is_in_progress())
    return;
  if (snapshot_.is_copying() && tasks_->snapshots().write_pages(pages_per_step))
    snapshot_.end();
  put_or_commit();
}

void shard_state::put_or_commit() {
  auto objects = snapshot_.take(put_bytes_max);
  if (!objects.empty())
    return self_->send(journal_keeper_, put_objects{options_.shard, epoch_, std::move(objects)});
  if (snapshot_.is_copying())
    return self_->send(self_, snapshot_atom::value);
  if (!snapshot_.begin_commit(batches_.head()))
    return;
  self_->send(journal_keeper_, commit_snapshot{options_.shard, epoch_, snapshot_.position(),
                                               snapshot_.keys(tasks_->snapshots().pages())});
}

void shard_state::on_objects_put(const objects_put& answer) {
  if (!snapshot_.is_in_progress())
    return;
  if (answer.outcome.ok())
    return self_->delayed_send(self_, pause_after_put(), snapshot_atom::value);
  const auto code = answer.outcome.code;
  if (code != storage_code::no_space && code != storage_code::unavailable)
    return fail_with(answer.outcome);
  abort_snapshot(answer.outcome);
}

duration shard_state::pause_after_put() const {
  return tasks_->snapshots().before_image_count() < images_max ? put_pause : duration{0};
}

/// The journal stays complete without the snapshot, and ignores the objects that were put. A later
/// snapshot may find disk space, or the storage available again.
void shard_state::abort_snapshot(const storage_status& outcome) {
  spdlog::warn("shard.snapshot_failed shard={} reason=\"{}\"", options_.shard.value, outcome.text);
  tasks_->snapshots().abort();
  snapshot_.finish();
}

void shard_state::on_snapshot_committed(const snapshot_committed& answer) {
  if (answer.outcome.code == storage_code::unavailable)
    return abort_snapshot(answer.outcome);
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  snapshot_was_taken.hit();
  spdlog::debug("shard.snapshot shard={} position={}", options_.shard.value, snapshot_.position());
  snapshot_.finish();
}

} // namespace belfry
