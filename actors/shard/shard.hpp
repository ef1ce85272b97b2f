#pragma once

#include "belfry/clock.hpp"
#include "belfry/ids.hpp"
#include "belfry/options.hpp"
#include "metrics/task_counters.hpp"
#include "task/state/ledger_options.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace belfry {

/// How much a shard does and holds at once. Lower limits make it slower, not less safe.
struct shard_limits {
  /// Bytes written since the last snapshot, beyond which the next one is taken.
  std::size_t journal_bytes_max = 64 << 20;
  /// The snapshot waits until the bytes written exceed its own size by `journal_bytes_max`.
  bool has_adaptive_snapshots = true;
  /// Bytes of submitted batches not yet written, beyond which new work is refused.
  std::size_t pending_bytes_max = 32 << 20;
  /// Bytes of answers that wait for a write, beyond which queries are refused.
  std::size_t pending_answers_bytes_max = 16 << 20;
  /// Steps of due tasks, leases and schedules in a row; then the messages that wait come first.
  std::size_t steps_max = 1'000;
  /// Settled tasks that are remembered.
  std::size_t settled_kept_max = ledger_options{}.settled_kept_max;
};

struct shard_options {
  shard_id shard;
  std::shared_ptr<const clock> time;
  std::uint64_t seed = 1; ///< of retry jitter
  /// When the machine booted; nothing: that is not known, and no schedule is due at boot.
  std::optional<instant> booted_at{};
  submit_limits submits{};
  run_limits runs{};
  shard_limits limits{};
  bool is_shared = false; ///< another node may take it over before this one knows
  /// The latest epoch that an incarnation of this shard has acquired in this process, 0: none. A
  /// restarted shard acquires a later one, though its storage was replaced by an older copy.
  std::shared_ptr<std::atomic<std::uint64_t>> acquired_epoch{};
  /// Of all incarnations of this shard in this process, one after the other. Null: nothing is
  /// counted.
  std::shared_ptr<task_counters> counters{};
};

/// A shard: decides with its ledger, records in the journal, applies, and acts once the journal
/// keeper has answered that the record is as durable as its queue asks.
///
/// Recovers from the journal when the journal keeper has started; until then it answers clients
/// that it is unavailable. Ends with an error when the journal refuses it: the restarted shard
/// recovers.
caf::behavior shard_actor(caf::event_based_actor* self, shard_options options);

} // namespace belfry
