#pragma once

#include "belfry/clock.hpp"
#include "belfry/ids.hpp"
#include "belfry/options.hpp"
#include "task/state/ledger_options.hpp"

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <memory>

namespace belfry {

/// How much a shard takes upon itself at once. Less makes it slower, not less safe.
struct shard_limits {
  std::size_t journal_bytes_max = 64 << 20; ///< a snapshot is taken when so much was written
  bool has_adaptive_snapshots = true;       ///< when so much more was than it would write
  std::size_t pending_bytes_max = 32 << 20; ///< not yet written; beyond it new work is refused
  std::size_t pending_answers_bytes_max =
      16 << 20;                  ///< that wait for a write; beyond it nobody may ask
  std::size_t steps_max = 1'000; ///< that time brings about, until others have a turn
  std::size_t settled_kept_max = ledger_options{}.settled_kept_max; ///< settled tasks remembered
};

struct shard_options {
  shard_id shard;
  std::shared_ptr<const clock> time;
  std::uint64_t seed = 1; ///< of retry jitter
  submit_limits submits{};
  run_limits runs{};
  shard_limits limits{};
  bool is_shared = false; ///< another node may have taken it over, and this one not know yet
};

/// A shard: decides with its ledger, records in the journal, applies, and acts once the journal
/// keeper has said that what it recorded is as sure as its queue asks.
///
/// Recovers from the journal as soon as it hears of the journal keeper; until then it answers that
/// it is unavailable. Ends with an error when the journal refuses it: the next shard recovers.
caf::behavior shard_actor(caf::event_based_actor* self, shard_options options);

} // namespace belfry
