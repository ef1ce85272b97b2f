#pragma once

#include "journal/journal.hpp"
#include "os/postgres/postgres_values.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace belfry {

/// Batches that one statement appends: of each shard a chain, in which every batch begins where the
/// one before ends. The shard's epoch and head decide on the first of a chain, and so on all of it.
class postgres_append_statement {
public:
  struct chain {
    std::uint64_t epoch = 0;
    std::uint64_t first = 0;                ///< the head that the shard must have
    std::uint64_t next = 0;                 ///< the head that it gets
    std::vector<std::size_t> batch_indexes; ///< places in the group of batches; at least one
  };

  /// Adds the batch at `place` of its group, unless it must wait for another statement: because
  /// it does not continue its shard's chain, or a batch of its shard waits already, or this is
  /// large enough. Batches come in the order in which they are to be written.
  [[nodiscard]] bool add(const append_batch& batch, std::size_t index);

  [[nodiscard]] const std::map<shard_id, chain>& chains() const { return chains_; }

  /// For a statement that takes: shards, their epochs, heads and next heads; then the batches'
  /// shards, firsts, counts, epochs and bytes, in their frames. `group` is what the places mean.
  [[nodiscard]] postgres_parameters parameters(std::span<const append_batch> group) const;

private:
  std::map<shard_id, chain> chains_;
  std::set<shard_id> waiting_; // Shards of which a batch waits.
  std::size_t bytes_ = 0;
};

} // namespace belfry
