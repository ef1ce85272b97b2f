// How a shard keeps its journal short by snapshots.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace belfry {

namespace {

coverage_probe snapshot_was_taken{"a snapshot makes the journal shorter"};

constexpr std::size_t pages_per_step = 4;
constexpr std::size_t put_bytes_max = 512 * 1024;
// Tasks come first on the disk and the processors, as long as the copied pages fit into memory.
constexpr duration put_pause{5};
constexpr std::size_t images_max = 50'000;

} // namespace

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

void shard_state::on_continue_snapshot() {
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
  spdlog::warn("shard.snapshot_failed shard={} reason={}", options_.shard.value,
               log_value(outcome.text));
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
